// SPDX-License-Identifier: GPL-2.0-only
// The reader: the C patches beside the TypeScript, the check of one against the other, and a pool that can be watched.

export { ReadError } from './read-error';
export {
  type CSide,
  type Reading,
  type ReadingOptions,
  changedByPatch,
  checkReading,
  openReading,
  readingSite,
} from './reading';
export { checkSiteFolder, writeSite } from './site/files';

// what a reading is made of
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
export type { CReader, CSource } from './c/parse';
export type { Port, PortDefinition, PortFile, Reason, TsSource } from './port/port';
export { type NameInState, functionInState, nameInState } from './beside/in-state';
export type { Placed } from './port/state';
export type { ChangedFunction, FileBeside, Pair, Row } from './beside/beside';
export type {
  CheckResult,
  Difference,
  DifferenceKind,
  ExplainedBy,
  Explanation,
} from './check/difference';
export type { Deviation, Finding, Margin, Mark, Reach } from './margin/margin';

// for showing it
export { commentAbove } from './syntax/comment-above';
export { visibleLine } from './syntax/hidden';

// the pool at work
export { type PlayPageInput, PlayStartError, playPage } from './play/page';
export type { LinkedLines, PlaySite } from './play/contract';
export type { PlaySource } from './play/play-data';
export type { PlayC, PlayText } from './play/contract';
export type { ExecutedLine } from './play/frame';
export type {
  CallBase,
  Direction,
  Level,
  MapBase,
  Memory,
  PlayCall,
  PlayDevice,
  PlayMachine,
  PlayProgram,
} from './play/calls';
export { type Scenario, scenarios } from './play/scenarios';
export { TraceCalls, type TraceRange } from './play/trace-calls';
