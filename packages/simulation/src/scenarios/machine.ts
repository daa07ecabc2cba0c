// SPDX-License-Identifier: GPL-2.0-only
// What every scenario runs on.

import type { CostParameters, PresetName } from '../cost';
import type { LayoutName } from '../jobs';

export interface ScenarioMachine {
  readonly preset: PresetName;
  readonly cost: CostParameters;
  readonly cpus: number;
  readonly layout: LayoutName;
  readonly seed: number;
  readonly moveData: boolean;
}
