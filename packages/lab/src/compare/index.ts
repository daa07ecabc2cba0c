// SPDX-License-Identifier: GPL-2.0-only
// Replaying a trace: a recorded machine's DMA through the ported kernel.

export { replayTraces } from './replay'; // files in, a document out
export { diffCaptures, type DiffOptions } from './diff/diff'; // two captures of the same work
export { DIFFERENCE_KINDS, type DifferenceKind } from './diff/difference-kinds';
export { operationName } from './diff/differences';
export type * from './diff/diff-document';
export type { SeriesState } from './series-state';
export type { SessionOptions } from './session';
export type * from './diff/requests-document';
export type * from './over-time-figures'; // for plots
export { advise, type AdviseOptions } from './advise'; // files in, sizes out
export { causeWords } from './advise-sentence';
export type * from './advise-document';
export type { AdviseCpuRow } from './advise-cpu';

export {
  RECORDED_ON,
  driverOfPreset,
  presetFor,
  type RecordedIommu,
  type RecordedOn,
  type VerdictCosts,
} from './recorded-on';
export { ENOUGH, payingClasses } from './verdict';
export type { BreakEvenVerdict, SizeVerdict } from './break-even';
export type { NsRange, VerdictSection } from './verdict';

// the document
export * from './document';
export type * from './replay-document';
export type * from './capture-document';
export type * from './loss-document';
export type { HzSource } from '../drive/recorded-clock';
export type { AddressFigures } from './address-agreement';
export type { AgreementFigures, Compared, Difference } from './agreement';
export {
  DECISION_KINDS,
  type DecisionKind,
  type KindFigures,
  type PoolAgreementFigures,
} from './pool-agreement';
export type { DeviceCounts, LaneCounts } from '../drive/lane-figures';
export type { PolicyOptions } from './policies';
export type { PolicySection } from './policy-sections';
export type { WorkerRuns } from '../drive/eviction';
export type { VirtioCounts } from '../drive/virtio-counts';
export type { MappingRow } from '../drive/recorded-figures';
