// SPDX-License-Identifier: GPL-2.0-only
// An account of what a capture shows beside its calls.

export {
  CaptureAccount,
  type BounceKind,
  type MappingKind,
  type StraySync,
} from './capture-account';
export type { DeviceAccounts, DeviceFigures, Translation, TranslationSign } from './device-account';
export type {
  Fault,
  FaultAccount,
  FaultState,
  Found as FoundBuffer,
  RangeWithoutCall,
} from './fault-account';
export type { FreedMapping, FreedMappings } from './freed-mappings';
export type { Group, Groups } from './groups';
export type {
  Claimable,
  EventFigures,
  IommuAccount,
  IommuEvent,
  IommuRange,
  UnclaimedEvent,
} from './iommu-account';
export type { LogAccount, LogLine } from './log-account';
export { LossAccount, type LostOfCpu, type Places } from './loss-account';
export type { Before, MappedBuffer, Seen } from './seen';
export type {
  DifferentUnmap,
  StrayUnmap,
  UnmapAccount,
  UnmapCall,
  UnmapDifference,
  UnmapSide,
} from './unmap-account';
