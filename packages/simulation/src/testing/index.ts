// SPDX-License-Identifier: GPL-2.0-only
// For tests: jobs under a policy in one call, on costs that stay when a preset is calibrated anew.

export { COSTS, type Setup, job, runJobs } from './run-jobs';
export { MACHINE } from './machine';
