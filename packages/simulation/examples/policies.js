// SPDX-License-Identifier: GPL-2.0-only
// Every policy for one block size: node policies.js 16k
'use strict';
const {
  USUAL_MACHINE,
  jobFromFlags,
  policiesNamed,
  preset,
  runExperiment,
} = require('@iommu-bounce/simulation');

const { job } = jobFromFlags({ bs: process.argv[2] ?? '4k', iodepth: '64', 'number-ios': '500' });
const { runs } = runExperiment({
  groups: [[job]],
  policies: policiesNamed('all'),
  preset: 'laptop-virtio',
  cost: preset('laptop-virtio'),
  ...USUAL_MACHINE,
  moveData: true,
});
for (const run of runs) {
  const perIo = (run.iommu_requests / run.ios).toFixed(2);
  console.log(`${run.policy.padEnd(18)} ${perIo.padStart(6)} requests per I/O`);
}
