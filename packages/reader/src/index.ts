// SPDX-License-Identifier: GPL-2.0-only
// The reader: the C patches beside the TypeScript, the check of one against the other, and a pool that can be watched.

export { ReadError } from './read-error';
export type { FilePatch, Hunk, Patch, Place, Series } from './series/series';
export type { CDelta, CFile, CLine, CText, CTree, DeltaRow } from './tree/c-file';
export type {
  Definition,
  DefinitionKind,
  Source,
  Step,
  StepKind,
  Token,
} from './syntax/definition';
export type { Port, PortDefinition, PortFile } from './port/port';
export type { ChangedFunction, FileBeside, Pair, Row } from './beside/beside';
export type { CheckResult, Difference, DifferenceKind } from './check/difference';
export type { Deviation, Finding, Margin, Mark, Reach } from './margin/margin';

// the pool at work
export { type PlayPageInput, playPage } from './play/page';
export type { PlaySource } from './play/play-data';
export type { PlayC, PlayText } from './play/page/contract';
export { type Scenario, scenarios } from './play/scenarios';
export { TraceCalls, type TraceRange } from './play/trace-calls';
