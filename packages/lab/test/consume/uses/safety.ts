// SPDX-License-Identifier: GPL-2.0-only
// A typed use of safety, compiled and run outside the repository.

import {
  type ModelDocument,
  FAULT_SCENARIOS,
  checkModel,
  injectFaults,
} from '@iommu-bounce/safety';

const model: ModelDocument = checkModel({ seed: 1, operations: 500 });
if (model.failure !== null) throw new Error(model.failure.what);

export const findings: readonly (number | null)[] = injectFaults({
  machines: [{ driver: 'table', patches: 4 }],
  scenarios: FAULT_SCENARIOS.filter(({ name }) => name === 'plug'),
}).failures.map(({ finding }) => finding);
if (!findings.includes(17)) throw new Error(findings.join());
