// SPDX-License-Identifier: GPL-2.0-only
// Small programs of a few steps each, whose numbers of classes are known: they check the searches.

import type { Executor, ProgramFactory } from './executor';
import type { Body, Program, ThreadKind } from './program';
import {
  IRQ_OFF,
  IRQ_ON,
  LOAD,
  LOCK,
  QUEUE,
  CANCEL,
  READ,
  RELEASE,
  STORE,
  UNLOCK,
  WRITE,
  touch,
} from './touch';

/**
 * A step of a toy thread, as a word: `r x` reads variable x, `w x` writes it; `l m` takes lock m, `u m` gives it back;
 * `off` and `on` mask interrupts and allow them; `q e` makes the thread that waits for e ready, `c e` takes that back.
 */
export type ToyStep = string;

export interface ToyThread {
  readonly steps: readonly ToyStep[];
  /** Default: its number. */
  readonly cpu?: number;
  /** Default `task`. */
  readonly kind?: ThreadKind;
  /** It begins when this was queued. */
  readonly waits?: string;
  /** A lock that it holds from its start to its end. */
  readonly holds?: string;
}

const KINDS: Readonly<Record<string, readonly [number, number]>> = {
  r: [LOAD, READ],
  w: [STORE, WRITE],
  l: [LOCK, WRITE],
  u: [UNLOCK, RELEASE],
  q: [QUEUE, WRITE],
  c: [CANCEL, WRITE],
};

/** The program of these threads. */
export function toyProgram(threads: readonly ToyThread[]): ProgramFactory {
  return (rt) => {
    const objects = new Map<string, number>();
    const queued = new Map<string, boolean>();
    const object = (name: string): number => {
      const known = objects.get(name) ?? rt.object(name);
      objects.set(name, known);
      return known;
    };
    return {
      threads: threads.map(({ steps, cpu, kind = 'task', waits, holds }, i) => {
        const made = steps.map((step) => toyStep(step, object));
        return {
          name: `thread ${String(i)}`,
          cpu: cpu ?? i,
          kind,
          body: () => toyBody(rt, made, queued, waits),
          ...(holds === undefined ? {} : { holds: object(holds) }),
          ...(waits === undefined
            ? {}
            : { wakes: object(waits), ready: () => queued.get(waits) === true }),
        };
      }),
      reset: () => {
        queued.clear();
      },
      check: () => undefined,
    } satisfies Program;
  };
}

interface MadeStep {
  readonly kind: number;
  readonly touched: number;
  readonly name: string;
}

function toyStep(step: ToyStep, object: (name: string) => number): MadeStep {
  const [word = '', name = ''] = step.split(' ');
  if (word === 'off') return { kind: IRQ_OFF, touched: -1, name };
  if (word === 'on') return { kind: IRQ_ON, touched: -1, name };
  const known = KINDS[word];
  if (known === undefined) throw new RangeError(`no toy step: ${step}`);
  return { kind: known[0], touched: touch(object(name), known[1]), name };
}

function* toyBody(
  rt: Executor,
  steps: readonly MadeStep[],
  queued: Map<string, boolean>,
  waits: string | undefined,
): Body {
  if (waits !== undefined) queued.set(waits, false);
  for (const { kind, touched, name } of steps) {
    if (rt.point(kind, touched)) yield;
    if (kind === QUEUE) queued.set(name, true);
    else if (kind === CANCEL) queued.set(name, false);
  }
}
