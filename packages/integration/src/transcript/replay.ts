// SPDX-License-Identifier: GPL-2.0-only
// Replays a transcript on the port, operation by operation, and compares every observed field.

import { oops } from '@iommu-bounce/linux-shim';
import { Environment } from './environment';
import { TranscriptError } from './error';
import { type Json, show } from './fields';
import { type Handler, OpContext } from './ops';
import { coherentHandlers } from './ops-coherent';
import { cpuHandlers } from './ops-cpu';
import { deviceHandlers } from './ops-device';
import { inspectHandlers } from './ops-inspect';
import { streamingHandlers } from './ops-streaming';
import { ENDINGS, type Transcript, type TranscriptOp, parseTranscript } from './parse';
import { schemas } from './schema';

/** The first operation that went otherwise than recorded. */
export interface Mismatch {
  readonly line: number;
  readonly op: string;
  readonly field: string;
  /** JSON text, or `absent`. */
  readonly expected: string;
  readonly got: string;
}

export interface ReplayResult {
  /** Operations carried out. */
  readonly ops: number;
  readonly mismatch: Mismatch | null;
}

const handlers: Readonly<Record<string, Handler>> = {
  ...cpuHandlers,
  ...streamingHandlers,
  ...coherentHandlers,
  ...deviceHandlers,
  ...inspectHandlers,
};

/** Recorded for information, never compared. */
const INFORMATION = new Set(['leaked_allocs', 'comment']);
/** Absent in a record when there was nothing. */
const EMPTY_IF_ABSENT: Readonly<Record<string, Json>> = { iommu: [] };

/**
 * @param text the whole file, decompressed
 * @throws TranscriptError if it is no transcript, or refers to what does not exist; never after a partial verdict
 */
export function replayTranscript(text: string): ReplayResult {
  return replay(parseTranscript(text));
}

export function replay(transcript: Transcript): ReplayResult {
  const env = new Environment(transcript);
  let ops = 0;
  for (const op of transcript.ops) {
    const mismatch = replayOp(env, op);
    if (mismatch) return { ops, mismatch };
    ops++;
  }
  return { ops, mismatch: null };
}

function replayOp(env: Environment, op: TranscriptOp): Mismatch | null {
  const handler = handlers[op.name];
  if (!handler) throw new TranscriptError(op.line, `no handler for op ${op.name}`);
  const warnings = env.m.k.log.warnings;
  let observed: Record<string, Json>;
  try {
    const seen = handler(new OpContext(env, op));
    observed = { ...env.recorder.take(), ...seen };
  } catch (error) {
    if (!(error instanceof oops)) throw error;
    return compareDeath(op, error);
  }
  const warned = env.m.k.log.warnings - warnings;
  if (warned > 0) observed['warn'] = warned;
  return compare(op, observed);
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
    if (INFORMATION.has(name)) continue;
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
