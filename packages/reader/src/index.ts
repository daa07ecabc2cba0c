// SPDX-License-Identifier: GPL-2.0-only
// The reader: the C patches beside the TypeScript, the check of one against the other, and a pool that can be watched.

export { ReadError } from './read-error';
export { openSeries } from './series/files';
export type { Wanted } from './series/thread';
export { openTree } from './tree/files';
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
export { commentAbove } from './syntax/comment-above';
export { visibleLine } from './syntax/hidden';
export { loadCReader } from './c/files';
export { type CReader, type CSource, wholeText } from './c/parse';
export { readPort } from './port/files';
export { functionsAfter, mirrorOf, type Placed } from './port/state';
export type { Port, PortDefinition, PortFile, Reason } from './port/port';
export { alignFiles } from './beside/align';
export { type Range, alignDefinitions } from './beside/align-function';
export { changedFunctions } from './beside/changed';
export { type NameInState, functionInState, nameInState } from './beside/in-state';
export { filesBeside } from './beside/files-beside';
export type { ChangedFunction, FileBeside, Pair, Row } from './beside/beside';
export { type CheckInput, checkSides } from './check/check-sides';
export type {
  CheckResult,
  Difference,
  DifferenceKind,
  ExplainedBy,
  Explanation,
} from './check/difference';
export type { Deviation, Finding, Margin, Mark, Reach } from './margin/margin';
export { type MarginDocuments, readMarginDocuments } from './margin/files';
export { readMargin } from './margin/read-margin';
export { anchorOf } from './margin/markdown';
export { type BeforePatch, type PatchedName, linesByPatch } from './margin/lines-by-patch';
export type { SourceText } from './margin/outline';
export {
  type CSide,
  type Reading,
  type ReadingOptions,
  changedByPatch,
  checkReading,
  openReading,
  readingSite,
} from './reading';
export { type SiteInput, buildSite } from './site/site';
export type { PageAssets } from './site/frame';
export { pageAssets, writeSite } from './site/files';

// the pool at work
export { type PlayPageInput, PlayStartError, playPage } from './play/page';
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
