// SPDX-License-Identifier: GPL-2.0-only
// Two captures of the same work: which operation of one is which of the other.

export {
  type Lane,
  type OperationKind,
  OPERATION_KINDS,
  OperationLog,
  isSyncKind,
} from './operations'; // kept compactly
export { type DeviceMatch, type DeviceName, type DevicePair, matchDevices } from './devices';
export { Alignment, type Pairing } from './align';
export { SequenceAligner } from './sequence';
