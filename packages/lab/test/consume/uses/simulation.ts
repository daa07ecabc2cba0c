// SPDX-License-Identifier: GPL-2.0-only
// A typed use of simulation, compiled and run outside the repository.

import {
  type FioDocument,
  InputError,
  USUAL_MACHINE,
  jobFromFlags,
  policiesNamed,
  preset,
  runExperiment,
} from '@iommu-bounce/simulation';

const { job } = jobFromFlags({ rw: 'randread', bs: '4k', iodepth: '8', 'number-ios': '200' });
const document: FioDocument = runExperiment({
  groups: [[job]],
  policies: policiesNamed('strict,pool'),
  preset: 'laptop-virtio',
  cost: preset('laptop-virtio'),
  ...USUAL_MACHINE,
  moveData: true,
});
export const ios: readonly number[] = document.runs.map((run) => run.ios);
if (ios.join() !== '200,200') throw new Error(ios.join());

try {
  policiesNamed('nonsense');
  throw new Error('took a policy that is none');
} catch (error) {
  if (!(error instanceof InputError)) throw error;
}
