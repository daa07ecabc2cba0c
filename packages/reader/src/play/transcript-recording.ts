// SPDX-License-Identifier: GPL-2.0-only
// A recorded transcript as something to step: the recorded machine, and beside it the same kernel without the pool.

import {
  type Mapping,
  type OpOutcome,
  type Transcript,
  TranscriptError,
  type TranscriptOp,
  TranscriptRun,
  mismatchOf,
  parseTranscript,
} from '@iommu-bounce/integration';
import { ReadError } from '../read-error';
import { Capture } from './capture';
import { countsSince } from './counts';
import type { CountFrame, Frame } from './frame';
import { type HeldMapping, type WatchedDomain, directionName } from './held-mapping';
import { MappedPieces } from './mapped-pieces';
import { probe } from './probe';
import { NOT_RUN, REQUESTS_LABEL, type Recording, type Run } from './recording';
import { callText, resultText } from './transcript-text';
import { WATCHED_PARTS, watchedMemory } from './watched-memory';

/** Operations that make a mapping. */
const MAKES: ReadonlySet<string> = new Set([
  'map_page',
  'map_sg',
  'map_resource',
  'alloc_coherent',
  'alloc_noncontiguous',
]);

/**
 * @param name of the file, for errors
 * @throws ReadError, `NAME:LINE: …`, if the text is no transcript
 */
export function transcriptRecording(text: string, name: string): Recording {
  const transcript = readErrors(name, () => parseTranscript(text));
  return {
    length: transcript.ops.length,
    requestsLabel: REQUESTS_LABEL.table,
    begin: () => {
      const run = readErrors(name, () => new TranscriptSteps(transcript, name));
      return { run, first: run.first() };
    },
  };
}

function readErrors<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof TranscriptError)
      throw new ReadError(`${name}:${String(error.line)}: ${error.reason}`);
    throw error;
  }
}

/** One machine that does what a transcript says, watched. */
class TranscriptMachine {
  readonly run: TranscriptRun;
  private readonly pieces = new MappedPieces();
  private calls = 0;
  private readonly known = new Map<
    number,
    { readonly mapping: Mapping; readonly held: HeldMapping }
  >();

  constructor(
    transcript: Transcript,
    private readonly name: string,
    withoutPool: boolean,
  ) {
    this.run = new TranscriptRun(transcript, {
      withoutPool,
      parts: WATCHED_PARTS,
      driverCalls: {
        map: (iova, phys, size, prot) => {
          this.calls++;
          this.pieces.map(iova, phys, size, prot);
        },
        unmap: (iova, size) => {
          this.calls++;
          this.pieces.unmap(iova, size);
        },
      },
    });
  }

  get m(): TranscriptRun['machine'] {
    return this.run.machine;
  }

  step(): OpOutcome {
    const op = this.run.next;
    const outcome = readErrors(this.name, () => this.run.step());
    if (op && 'id' in op.fields) {
      const id = idOf(op, 'id');
      const mapping = this.run.mappings.get(id);
      if (!mapping) this.known.delete(id);
      else if (this.known.get(id)?.mapping !== mapping)
        this.known.set(id, { mapping, held: this.heldOf(id, mapping, op) });
    }
    return outcome;
  }

  counts(): CountFrame {
    const { copiedBytes } = watchedMemory(this.m.k);
    return { requests: this.calls, exits: null, copiedBytes };
  }

  domains(): WatchedDomain[] {
    const devices = [...this.run.devices.keys()].map(deviceName);
    return [{ domain: this.run.domain, devices, pieces: this.pieces.pieces }];
  }

  held(): HeldMapping[] {
    return Array.from(this.known.values(), ({ held }) => held);
  }

  private heldOf(id: number, mapping: Mapping, op: TranscriptOp): HeldMapping {
    const device = [...this.run.devices].find(([, dev]) => dev === mapping.dev);
    return {
      id,
      device: deviceName(device?.[0] ?? 0),
      kind: mapping.kind,
      size: sizeOf(mapping),
      segments: mapping.kind === 'sg' ? mapping.segments : [[mapping.addr, mapping.len]],
      direction: directionName(mapping.dir),
      original: this.originalOf(op),
    };
  }

  private originalOf({ name, fields }: TranscriptOp): HeldMapping['original'] {
    const part = (buf: number, off: number, len: number): HeldMapping['original'][number] => [
      (this.run.buffers.get(buf)?.phys ?? -Infinity) + off,
      len,
    ];
    if (name === 'map_page')
      return [part(fields['buf'] as number, fields['off'] as number, fields['len'] as number)];
    if (name === 'map_sg')
      return (fields['sg'] as readonly (readonly [number, number, number])[]).map((entry) =>
        part(...entry),
      );
    return [];
  }
}

class TranscriptSteps implements Run {
  at = 0;
  private readonly pool: TranscriptMachine;
  /** Null: the recorded kernel has no pool. */
  private readonly beside: TranscriptMachine | null;
  private readonly capture: Capture;
  private readonly start: number;
  private readonly countsBefore: { readonly pool: CountFrame; readonly beside: CountFrame | null };

  constructor(transcript: Transcript, name: string) {
    this.pool = new TranscriptMachine(transcript, name, false);
    const { stage, ioBuffer } = transcript.header;
    this.beside = stage === 4 && ioBuffer ? new TranscriptMachine(transcript, name, true) : null;
    this.capture = new Capture(this.pool);
    this.start = this.pool.m.k.timers.jiffies();
    this.countsBefore = { pool: this.pool.counts(), beside: this.beside?.counts() ?? null };
  }

  first(): Frame {
    return this.frame({ call: '', result: '', difference: null, executed: [] }, null);
  }

  skip(): void {
    this.at++;
    if (this.pool.run.next) {
      this.pool.step();
      this.stepBeside();
    }
  }

  step(): Frame {
    this.at++;
    this.capture.begin();
    watchedMemory(this.pool.m.k).take();
    let outcome: OpOutcome | undefined;
    const executed = probe.linesOf(() => {
      if (this.pool.run.next) outcome = this.pool.step();
    });
    if (!outcome) {
      const texts = { call: '', result: NOT_RUN, difference: null, executed };
      return this.frame(texts, null);
    }
    this.stepBeside();
    const mismatch = mismatchOf(outcome);
    const { op } = outcome;
    const about =
      op.name === 'buf'
        ? null
        : 'map' in op.fields
          ? idOf(op, 'map')
          : 'id' in op.fields
            ? idOf(op, 'id')
            : null;
    const texts = {
      call: callText(op),
      result: resultText(outcome),
      difference: mismatch
        ? `${mismatch.field}: recorded ${mismatch.expected}, the port ${mismatch.got}`
        : null,
      executed,
    };
    return this.frame(texts, about);
  }

  /** The same operation without the pool; not what is about a mapping that one of the two machines does not have. */
  private stepBeside(): void {
    const run = this.beside?.run;
    const op = run?.next;
    if (!this.beside || !run || !op) return;
    const { mappings } = run;
    const made = this.pool.run.mappings;
    const id = idOf(op, 'id');
    const left =
      op.name === 'fail' ||
      (MAKES.has(op.name) && (!made.has(id) || mappings.has(id))) ||
      (!MAKES.has(op.name) && op.name !== 'buf' && 'id' in op.fields && !mappings.has(id)) ||
      ('map' in op.fields && !mappings.has(idOf(op, 'map')));
    if (left) {
      run.skip();
      return;
    }
    try {
      run.step();
    } catch (error) {
      // A list of an earlier call that was left out.
      if (!(error instanceof TranscriptError)) throw error;
    }
  }

  private frame(
    texts: Pick<Frame, 'call' | 'result' | 'difference' | 'executed'>,
    about: number | null,
  ): Frame {
    const { timers } = this.pool.m.k;
    const counts = countsSince(this.pool.counts(), this.countsBefore.pool);
    return {
      step: this.at,
      timeMs: timers.jiffies_to_msecs(timers.jiffies() - this.start),
      caption: '',
      ...texts,
      ...this.capture.take(watchedMemory(this.pool.m.k).take(), about),
      counts,
      countsWithout:
        this.beside && this.countsBefore.beside
          ? countsSince(this.beside.counts(), this.countsBefore.beside)
          : counts,
    };
  }
}

function idOf({ fields }: TranscriptOp, name: 'id' | 'map'): number {
  return fields[name] as number;
}

function deviceName(id: number): string {
  return `dev ${String(id)}`;
}

function sizeOf(mapping: Mapping): number {
  return mapping.kind === 'sg'
    ? mapping.segments.reduce((sum, [, length]) => sum + length, 0)
    : mapping.len;
}
