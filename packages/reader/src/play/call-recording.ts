// SPDX-License-Identifier: GPL-2.0-only
// A program as something to step: a machine with the pool, and the same machine without it beside it.

import { oops } from '@iommu-bounce/linux-shim';
import { CallMachine, MAPPING_FAILED } from './call-machine';
import { playCallText } from './call-text';
import type { PlayCall, PlayProgram } from './calls';
import { Capture } from './capture';
import { countsSince } from './counts';
import type { CountFrame, Frame } from './frame';
import { probe } from './probe';
import { NOT_RUN, REQUESTS_LABEL, type Recording, type Run } from './recording';
import { watchedMemory } from './watched-memory';

export function callRecording(program: PlayProgram): Recording {
  return {
    length: program.calls.length,
    requestsLabel: REQUESTS_LABEL.virtio,
    begin: () => {
      const run = new CallSteps(program);
      return { run, first: run.first() };
    },
  };
}

class CallSteps implements Run {
  at = 0;
  private readonly pool: CallMachine;
  private readonly beside: CallMachine;
  private readonly capture: Capture;
  private readonly start: number;
  private readonly countsBefore: { readonly pool: CountFrame; readonly beside: CountFrame };
  /** Where each of the two died. */
  private died = { pool: false, beside: false };

  constructor(private readonly program: PlayProgram) {
    this.pool = new CallMachine(program.machine, true);
    this.beside = new CallMachine(program.machine, false);
    this.capture = new Capture(this.pool);
    this.start = this.pool.m.k.timers.jiffies();
    this.countsBefore = { pool: this.pool.counts(), beside: this.beside.counts() };
  }

  first(): Frame {
    return this.frame({ call: '', result: '', caption: '', executed: [] }, null);
  }

  skip(): void {
    this.stepBoth(this.next());
  }

  step(): Frame {
    this.capture.begin();
    watchedMemory(this.pool.m.k).take();
    const call = this.next();
    const kind = 'id' in call ? this.pool.mappings.get(call.id)?.held.kind : undefined;
    let result = '';
    const executed = probe.linesOf(() => {
      result = this.stepPool(call);
    });
    this.stepBeside(call);
    const texts = { call: playCallText(call, kind), result, caption: call.caption ?? '', executed };
    return this.frame(texts, 'id' in call ? call.id : null);
  }

  private next(): PlayCall {
    const call = this.program.calls[this.at];
    if (!call) throw new RangeError(`the program is over after ${String(this.at)} calls`);
    this.at++;
    return call;
  }

  private stepBoth(call: PlayCall): void {
    this.stepPool(call);
    this.stepBeside(call);
  }

  private stepPool(call: PlayCall): string {
    if (this.died.pool) return NOT_RUN;
    if (needsMapping(call) && !this.pool.mappings.has(call.id)) return MAPPING_FAILED;
    try {
      return this.pool.call(call);
    } catch (error) {
      if (!(error instanceof oops)) throw error;
      this.died.pool = true;
      return `oops: ${error.message}`;
    }
  }

  private stepBeside(call: PlayCall): void {
    if (this.died.beside) return;
    if (needsMapping(call) && !this.beside.mappings.has(call.id)) return;
    try {
      this.beside.call(call);
    } catch (error) {
      if (!(error instanceof oops)) throw error;
      this.died.beside = true;
    }
  }

  private frame(
    texts: Pick<Frame, 'call' | 'result' | 'caption' | 'executed'>,
    about: number | null,
  ): Frame {
    const { timers } = this.pool.m.k;
    return {
      step: this.at,
      timeMs: timers.jiffies_to_msecs(timers.jiffies() - this.start),
      ...texts,
      difference: null,
      ...this.capture.take(watchedMemory(this.pool.m.k).take(), about),
      counts: countsSince(this.pool.counts(), this.countsBefore.pool),
      countsWithout: countsSince(this.beside.counts(), this.countsBefore.beside),
    };
  }
}

/** Calls about a mapping that a driver does not make if its map call failed. */
function needsMapping(call: PlayCall): call is Extract<PlayCall, { call: 'unmap' | 'sync' }> {
  return call.call === 'unmap' || call.call === 'sync';
}
