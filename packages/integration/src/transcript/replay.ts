// SPDX-License-Identifier: GPL-2.0-only
// Replays a transcript on the port, operation by operation, and compares every observed field.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import type { oops } from '@iommu-bounce/linux-shim';
import type { EnvironmentOptions } from './environment';
import { type Json, show } from './fields';
import { ENDINGS, type Transcript, type TranscriptOp, parseTranscript } from './parse';
import { type OpOutcome, TranscriptRun } from './run';
import { schemas } from './schema';

/** The first operation that went otherwise than recorded. */
export interface Mismatch {
  /** Line of the transcript, from 1. */
  readonly line: whole_number;
  /** The operation. */
  readonly op: string;
  /** The field of its record that differs. */
  readonly field: string;
  /** What the C did: JSON text, or `absent`. */
  readonly expected: string;
  /** What the port did, alike. */
  readonly got: string;
}

export interface ReplayResult {
  /** Operations carried out. */
  readonly ops: number;
  readonly mismatch: Mismatch | null;
}

/** Recorded for information, never compared. */
const INFORMATION = new Set(['leaked_allocs', 'comment']);
/** Compared where the record has it: the recorder of the real C had no VFIO, and did not look into the tree of addresses. */
const IF_RECORDED = new Set(['pinned_pages', 'iovas_in_use', 'allocations']);
/** Absent in a record when there was nothing. */
const EMPTY_IF_ABSENT: Readonly<Record<string, Json>> = { iommu: [] };

/**
 * @param text the whole file, decompressed
 * @throws TranscriptError if it is no transcript, or refers to what does not exist; never after a partial verdict
 */
export function replayTranscript(text: string): ReplayResult {
  return replay(parseTranscript(text));
}

export function replay(transcript: Transcript, options: EnvironmentOptions = {}): ReplayResult {
  const run = new TranscriptRun(transcript, options);
  let ops = 0;
  while (run.next) {
    const mismatch = mismatchOf(run.step());
    if (mismatch) return { ops, mismatch };
    ops++;
  }
  return { ops, mismatch: null };
}

/** How an operation went otherwise than recorded; null: not at all. */
export function mismatchOf(outcome: OpOutcome): Mismatch | null {
  return 'died' in outcome
    ? compareDeath(outcome.op, outcome.died)
    : compare(outcome.op, outcome.observed);
}

/** The port oopsed: the real code must have died here in the same way. */
function compareDeath(op: TranscriptOp, error: oops): Mismatch | null {
  const [expected] = ENDINGS.filter((e) => e in op.fields);
  const got = error.kind === 'bad-access' ? 'crash' : error.kind; // 'lockup' is in no transcript
  if (expected === got) return null;
  return {
    line: op.line,
    op: op.name,
    field: expected ?? got,
    expected: expected === undefined ? 'no oops' : expected,
    got: `oops: ${error.message}`,
  };
}

function compare(op: TranscriptOp, observed: Readonly<Record<string, Json>>): Mismatch | null {
  const differs = (field: string, expected: Json | undefined, got: Json | undefined): Mismatch => ({
    line: op.line,
    op: op.name,
    field,
    expected: show(expected),
    got: show(got),
  });
  for (const ending of ENDINGS)
    if (ending in op.fields) return differs(ending, op.fields[ending], undefined);
  const names = new Set([
    ...Object.keys(schemas[op.name]?.observed ?? {}).map((n) => n.replace(/\?$/, '')),
    ...Object.keys(observed),
  ]);
  for (const name of names) {
    if (INFORMATION.has(name) || (IF_RECORDED.has(name) && !(name in op.fields))) continue;
    const expected = name in op.fields ? op.fields[name] : EMPTY_IF_ABSENT[name];
    const got = observed[name];
    if (!equal(expected, got)) return differs(name, expected, got);
  }
  return null;
}

function equal(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [x, y] = [a as Readonly<Record<string, Json>>, b as Readonly<Record<string, Json>>];
  const keys = Object.keys(x);
  return keys.length === Object.keys(y).length && keys.every((key) => equal(x[key], y[key]));
}
