// SPDX-License-Identifier: GPL-2.0-only
// integration: the series as a running machine, and the proof that it does what the C does.

export * from './boot'; // a machine in any state of the series
export * from './boot-on'; // the same with virtio-iommu, or a table, behind it
export * from './link'; // which objects a configuration links, and what is unresolved
export type { DriverWatch } from './watched-driver'; // which domain the driver is called for
export { MSI_WINDOW, pciDevice } from './pci-device'; // what is plugged in

// transcripts of the real C
export { TranscriptError } from './transcript/error';
export type { Json, JsonObject } from './transcript/fields';
export { type Transcript, type TranscriptOp, parseTranscript } from './transcript/parse';
export type { DeviceDescription, TranscriptHeader } from './transcript/header';
export {
  type Mismatch,
  type ReplayResult,
  mismatchOf,
  replay,
  replayTranscript,
} from './transcript/replay';
export type {
  CoherentMapping,
  CpuBuffer,
  EnvironmentOptions,
  Mapping,
  NoncontiguousMapping,
  PageMapping,
  ResourceMapping,
  SgMapping,
} from './transcript/environment';
export type { TranscriptIommu } from './transcript/iommu';
export type { DriverCalls } from './transcript/recorder';
export { iovasInUse } from './transcript/iovas'; // addresses that a domain has given out
export { type OpOutcome, TranscriptRun } from './transcript/run'; // one operation at a time
export { LiveTranscript, recordOf } from './transcript/live-run'; // written while it runs
export { crc32, fillPattern } from './transcript/ops'; // of a transcript's bytes

// the progression
export {
  type ProbeOptions,
  type ProbeResult,
  type ProbeRun,
  type SeriesPatch,
  runSeries,
  series,
} from './series';
