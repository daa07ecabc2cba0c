// SPDX-License-Identifier: GPL-2.0-only
// Random operations of drivers, devices and CPUs, held against what the DMA API promises.

export {
  type ModelDocument,
  type ModelFailure,
  type ModelOptions,
  checkModel,
} from './check-model';
