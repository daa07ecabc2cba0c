// SPDX-License-Identifier: GPL-2.0-only
// A transcript that is written while it runs: each operation is carried out when it is named, and kept with what was seen.

import type { EnvironmentOptions } from './environment';
import { type Json, type JsonObject } from './fields';
import { parseHeader } from './header';
import { ENDINGS, type Transcript, parseOp } from './parse';
import { type OpOutcome, TranscriptRun } from './run';
import { schemas } from './schema';

/** What the recorder of the real C dies of at a wild pointer. */
const SIGSEGV = 11;

export class LiveTranscript {
  private readonly ops: Transcript['ops'][number][] = [];
  private readonly lines: string[];
  private lastOp: Readonly<JsonObject> = {};
  /** The machine, its devices and its mappings, as far as it got. */
  readonly run: TranscriptRun;

  /**
   * Boots the machine that the header describes.
   * @param header the first line of a transcript
   * @param pages of memory, 4 KiB each: what CPU buffers may take, and what the kernel may allocate
   * @throws TranscriptError for a header that is none
   */
  constructor(
    header: Readonly<JsonObject>,
    pages: { readonly buffers: number; readonly kernel: number },
    options: EnvironmentOptions = {},
  ) {
    const transcript: Transcript = { header: parseHeader(header), ops: this.ops };
    this.lines = [JSON.stringify(header)];
    this.run = new TranscriptRun(transcript, { ...options, pages });
  }

  /** Operations that were carried out. */
  get length(): number {
    return this.ops.length;
  }

  /**
   * Carries out an operation.
   * @param op its name and arguments, without anything observed
   * @throws TranscriptError for one that the format does not have, or that refers to what does not exist
   */
  perform(op: Readonly<JsonObject>): OpOutcome {
    const { header } = this.run.transcript;
    this.ops.push(parseOp(op, this.ops.length + 2, header, 'arguments'));
    const outcome = this.run.step();
    this.lastOp = op;
    this.lines.push(JSON.stringify({ ...op, ...recordOf(outcome) }));
    return outcome;
  }

  /**
   * The whole transcript, which `verify` replays.
   * @param last what is said of the last operation in place of what was seen: then `verify` ends there with the difference. A `crash`
   *   or `bug` of null: it does not die
   * @param isAll that is all that is said of it: what else was seen is left out
   */
  text(last: Readonly<JsonObject> = {}, isAll = false): string {
    const end = this.lines.at(-1) ?? '{}';
    const said = { ...(isAll ? this.lastOp : (JSON.parse(end) as JsonObject)), ...last };
    const left = Object.entries(said).filter(
      ([name, value]) => value !== null || !ENDINGS.some((ending) => ending === name),
    );
    const record = JSON.stringify(Object.fromEntries(left));
    return `${[...this.lines.slice(0, -1), record].join('\n')}\n`;
  }
}

/** What a transcript says of an operation beside its arguments: what was seen, or how it ended. */
export function recordOf(outcome: OpOutcome): Readonly<Record<string, Json>> {
  if ('died' in outcome)
    return outcome.died.kind === 'bug' ? { bug: outcome.died.message } : { crash: SIGSEGV };
  const { iommu, ...others } = outcome.observed;
  const { observed } = schemas[outcome.op.name] ?? { observed: {} };
  const quiet = Array.isArray(iommu) && iommu.length === 0 && !('iommu' in observed);
  return quiet || iommu === undefined ? others : { iommu, ...others };
}
