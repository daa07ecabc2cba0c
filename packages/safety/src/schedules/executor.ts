// SPDX-License-Identifier: GPL-2.0-only
// Runs the threads of a program one step at a time, in an order that a strategy chooses, and records the steps.

import { oops } from '@iommu-bounce/linux-shim';
import type { Monitor } from './detect/monitor';
import type { Body, Program, Thread } from './program';
import { Resources } from './resources';
import { END, LOCK, NOTHING, RELEASE, START, WRITE, touch } from './touch';

/** More steps than any run of a scenario has. */
const MAX_STEPS = 4096;
const NOBODY = -1;
/** What a run changes was not all put back before the next one. */
const NOT_REPEATED = 'a run does not begin as the one before it';
/** Two threads that called plain functions have to stop in them, the lower one on the stack first. */
const TWO_WAIT = 'a thread has to go on under the stack of another one';
/** Thrown through plain functions when the run is over: made once, since the stack that an Error looks for is long to find. */
const OVER: unknown = new Error('the run is over');
/** A choice that ends the run. */
export const STOP = -1;

/** Says which thread goes on. */
export interface Strategy {
  /**
   * @param depth steps so far
   * @param enabled bit t: thread t can go on; never 0
   * @returns a thread of these, or STOP
   */
  choose(depth: number, enabled: number): number;
  /** Whether, after the prefix, a thread goes on as long as it can. */
  readonly goesOn?: boolean;
}

/** The lowest that can go on. */
const NO_STRATEGY: Strategy = { choose: (_depth, enabled) => 31 - Math.clz32(enabled & -enabled) };

export interface Failure {
  /** The detector, for instance `deadlock` or `data-race`. */
  readonly kind: string;
  readonly what: string;
}

/** Makes the program on an executor, whose numbers for objects it takes. */
export type ProgramFactory = (rt: Executor) => Program;

/** How a run ended. */
export type Outcome = 'complete' | 'deadlock' | 'stopped' | 'oops';

export class Executor {
  readonly program: Program;
  readonly threads: readonly Thread[];
  /** Number of threads, 31 at most. */
  readonly nr: number;

  // The steps of the run, from 0 to depth - 1.
  depth = 0;
  readonly thread = new Uint8Array(MAX_STEPS);
  readonly kind = new Uint8Array(MAX_STEPS);
  readonly a = new Int32Array(MAX_STEPS);
  readonly b = new Int32Array(MAX_STEPS);
  readonly c = new Int32Array(MAX_STEPS);
  /** The how manieth step of its thread. */
  readonly local = new Int32Array(MAX_STEPS);
  /** Where in the derived forms the step stands, see siteOf; 0: nowhere. */
  readonly site = new Int32Array(MAX_STEPS);
  /** The step that made a START possible, or -1. */
  readonly readyBy = new Int32Array(MAX_STEPS);
  /** Threads that could go on before the step. */
  readonly enabled = new Int32Array(MAX_STEPS);
  /** Threads that wait for something, and that it has come for, before the step: a lock or a mask can still stop them. */
  readonly ready = new Int32Array(MAX_STEPS);
  /** What each thread wanted to touch before the step: 3 numbers a thread. */
  readonly wanted: Int32Array;

  /** Choices that come before the strategy's. */
  readonly prefix = new Uint8Array(MAX_STEPS);
  prefixLength = 0;
  /**
   * So many steps of the prefix are those of the latest run: their records are not written again. Whoever sets the prefix says so;
   * -1: none.
   */
  repeated = -1;
  failures: Failure[] = [];
  /** The thread whose code runs. */
  current = NOBODY;
  /** Told of each step, for detectors and displays. */
  monitor: Monitor | null = null;

  /** Runs so far. */
  runs = 0;

  private strategy: Strategy = NO_STRATEGY;
  private readonly resources = new Resources();
  private next = NOBODY;
  private done = 0;
  private started = 0;
  private stopped = false;
  private died = false;
  /** A thread waits in plain functions: the code that runs is on top of its stack. */
  private waits = false;
  /** Tasks that begin when they are chosen, in place of up to their first step with the run; `late` of them have not yet. */
  private lateTasks = 0;
  private late = 0;
  /** The one of them that comes to its first step. */
  private starting = NOBODY;
  private readonly bodies: (Body | null)[] = [];
  private readonly nextKind: Uint8Array;
  private readonly nextA: Int32Array;
  private readonly nextB: Int32Array;
  private readonly nextC: Int32Array;
  private readonly nextSite: Int32Array;
  private readonly steps: Int32Array;
  private readonly becameReady: Int32Array;
  /** By steps of the run before a call of a thread, and the thread: steps before it returned. */
  private readonly callEnds: Int32Array;
  /** By thread: its latest call's place there. */
  private readonly calls: Int32Array;
  // The first step of late tasks, as the first run had it.
  private readonly firstKind: Uint8Array;
  private readonly firstA: Int32Array;
  private readonly firstB: Int32Array;
  /** Threads that wait for something before they begin. */
  private readonly waiting: number[];
  /** Called when another thread goes on: the machine changes its CPU. */
  onSwitch: (cpu: number) => void = () => undefined;

  constructor(factory: ProgramFactory) {
    this.program = factory(this);
    this.threads = this.program.threads;
    this.nr = this.threads.length;
    this.wanted = new Int32Array(MAX_STEPS * this.nr * 3);
    this.nextKind = new Uint8Array(this.nr);
    this.nextA = new Int32Array(this.nr);
    this.nextB = new Int32Array(this.nr);
    this.nextC = new Int32Array(this.nr);
    this.nextSite = new Int32Array(this.nr);
    this.steps = new Int32Array(this.nr);
    this.becameReady = new Int32Array(this.nr);
    this.callEnds = new Int32Array(MAX_STEPS * this.nr).fill(MAX_STEPS);
    this.calls = new Int32Array(this.nr);
    this.firstKind = new Uint8Array(this.nr);
    this.firstA = new Int32Array(this.nr);
    this.firstB = new Int32Array(this.nr);
    this.waiting = [...this.threads.keys()].filter((t) => this.threads[t]?.ready !== undefined);
    this.resources.seal(this.threads);
  }

  setStrategy(strategy: Strategy): void {
    this.strategy = strategy;
  }

  /** Names of objects by number. */
  get names(): readonly string[] {
    return this.resources.names;
  }

  /** A number for something that threads share, and that is there before the first step. */
  object(name: string): number {
    return this.resources.object(name);
  }

  /**
   * A number for something that the run made. It is the same in each run that begins in the same way, since it is
   * counted by the thread that comes to it first.
   */
  foundObject(name: string): number {
    return this.resources.foundObject(this.current, name);
  }

  /** Whether the run made the object. */
  isFound(object: number): boolean {
    return this.resources.isFound(object);
  }

  fail(kind: string, what: string): void {
    this.failures.push({ kind, what });
  }

  /** The thread that holds a lock, or -1. */
  ownerOf(lock: number): number {
    return this.resources.ownerOf(lock);
  }

  /** Whether interrupts can come to the CPU of the running thread: only then are they worth a step. */
  interruptible(): boolean {
    return this.resources.interruptible((this.threads[this.current] as Thread).cpu);
  }

  /** Whether the code that runs is an interrupt's. */
  inInterrupt(): boolean {
    return (this.threads[this.current] as Thread).kind !== 'task';
  }

  /**
   * The running thread is about to do a step. True: it has to yield, since another one goes first; it goes on when its
   * turn has come, and does the step.
   */
  point(kind: number, a: number, b: number = NOTHING, site = 0): boolean {
    const t = this.current;
    this.nextSite[t] = site;
    if (t === this.starting) {
      this.starting = NOBODY;
      if (kind !== this.nextKind[t] || a !== this.nextA[t] || b !== this.nextB[t])
        throw new Error(NOT_REPEATED);
      this.commit(t);
      return false;
    }
    this.want(t, kind, a, b);
    const next = this.pick();
    if (next === t) {
      this.commit(t);
      return false;
    }
    this.next = next;
    return true;
  }

  /**
   * Whether the running thread may call plain functions, which cannot yield: others run on top of its stack while it waits. So
   * nobody may wait below, unless it is known that the thread will not have to: the call is of the beginning that the latest run had
   * too, and was not stopped there; or the thread has the rest of the prefix, and no lock is held.
   */
  callsNow(): boolean {
    if (this.program.plain !== true) return false;
    const call = this.depth * this.nr + this.current;
    const end = this.callEnds[call] as number;
    this.calls[this.current] = call;
    this.callEnds[call] = MAX_STEPS;
    if (this.stopped) return false;
    if (!this.waits) return true;
    if (this.depth < this.repeated && end <= this.repeated && this.hasPrefix(end)) return true;
    if (this.strategy.goesOn !== true || this.resources.held > 0) return false;
    return this.hasPrefix(this.prefixLength);
  }

  /** The latest call of the running thread that `callsNow` was asked about has returned. One without a step tells nothing. */
  returned(): void {
    const call = this.calls[this.current] as number;
    if (call < this.depth * this.nr) this.callEnds[call] = this.depth;
  }

  /** Whether the prefix up to step `end` is all the running thread's. */
  private hasPrefix(end: number): boolean {
    for (let d = this.depth; d < end; d++) if (this.prefix[d] !== this.current) return false;
    return true;
  }

  /** In a plain function, when `point` was true: returns when the turn of the thread has come. */
  wait(): void {
    const t = this.current;
    const first = this.next;
    if (first === NOBODY) throw OVER;
    if (this.waits) throw new Error(TWO_WAIT);
    this.waits = true;
    if (!this.go(first, t)) throw OVER;
    this.waits = false;
    this.next = NOBODY;
    this.commit(t);
  }

  /** Runs the program once from its beginning. */
  run(): Outcome {
    this.begin();
    this.go(this.pick(), NOBODY);
    if (this.died) return 'oops';
    if (this.stopped) return 'stopped';
    return this.finish();
  }

  /** Runs threads, this one first, up to the turn of one that waits below: true; false if the run is over. */
  private go(first: number, waiting: number): boolean {
    let t = first;
    while (t !== NOBODY && t !== waiting) {
      this.next = NOBODY;
      if (this.late & (1 << t)) this.start(t);
      else this.commit(t);
      if ((this.starting === t || this.kind[this.depth - 1] !== END) && !this.resume(t))
        return false;
      t = this.next === NOBODY && !this.stopped ? this.pick() : this.next;
    }
    return t !== NOBODY;
  }

  /** A late task was chosen: its first step is next, and its own. */
  private start(t: number): void {
    this.late &= ~(1 << t);
    this.starting = t;
    this.monitor?.chosen(this.depth);
    this.started |= 1 << t;
    this.current = t;
    this.onSwitch((this.threads[t] as Thread).cpu);
  }

  private begin(): void {
    this.depth = 0;
    this.runs++;
    this.done = this.started = 0;
    this.stopped = this.died = this.waits = false;
    this.starting = NOBODY;
    this.late = this.lateTasks;
    if (this.failures.length > 0) this.failures = [];
    this.resources.begin();
    this.program.reset();
    this.monitor?.begin();
    for (let t = 0; t < this.nr; t++) {
      const { cpu, kind, ready, wakes, holds } = this.threads[t] as Thread;
      this.steps[t] = 0;
      this.nextSite[t] = 0;
      this.becameReady[t] = NOBODY;
      this.bodies[t] = null;
      if (this.late & (1 << t)) {
        this.want(
          t,
          this.firstKind[t] as number,
          this.firstA[t] as number,
          this.firstB[t] as number,
        );
        continue;
      }
      this.current = t;
      this.onSwitch(cpu);
      this.want(
        t,
        START,
        wakes === undefined ? NOTHING : touch(wakes, WRITE),
        holds === undefined ? NOTHING : touch(holds, WRITE),
      );
      if (kind === 'task' && ready === undefined) {
        this.prologue(t);
        if (this.program.plain === true) this.keepFirst(t);
      }
    }
    this.current = NOBODY;
  }

  /** From the next run on, a task that has a step begins late: so its first call can be a plain one, too. */
  private keepFirst(t: number): void {
    if (this.died || this.done & (1 << t) || this.nextKind[t] === END) return;
    this.lateTasks |= 1 << t;
    this.firstKind[t] = this.nextKind[t] as number;
    this.firstA[t] = this.nextA[t] as number;
    this.firstB[t] = this.nextB[t] as number;
  }

  /** What a task does before its first step touches nothing that is shared. */
  private prologue(t: number): void {
    this.started |= 1 << t;
    this.stopped = true; // its first point only says what it wants
    this.resume(t);
    this.stopped = false;
  }

  /** Lets a thread do what comes after its step; false if it died. */
  private resume(t: number): boolean {
    const { body } = this.threads[t] as Thread;
    this.current = t;
    try {
      const running = (this.bodies[t] ??= body());
      if (running.next().done === true) this.end(t);
      return true;
    } catch (error) {
      if (error === OVER) return false;
      if (!(error instanceof oops)) throw error;
      this.fail('oops', error.message);
      this.died = true;
      return false;
    }
  }

  private end(t: number): void {
    this.monitor?.end(t);
    const { kind, holds } = this.threads[t] as Thread;
    if (kind === 'task' && holds === undefined) this.done |= 1 << t;
    else this.want(t, END, holds === undefined ? NOTHING : touch(holds, RELEASE), NOTHING);
  }

  private want(t: number, kind: number, a: number, b: number): void {
    this.nextKind[t] = kind;
    this.nextA[t] = a;
    this.nextB[t] = b;
    this.nextC[t] = this.resources.cpuTouch(this.threads[t] as Thread, kind);
  }

  private canRun(t: number): boolean {
    if (this.done & (1 << t)) return false;
    const thread = this.threads[t] as Thread;
    const wants = this.nextKind[t] as number;
    if (wants === START && thread.ready !== undefined) {
      if (!thread.ready()) {
        this.becameReady[t] = NOBODY;
        return false;
      }
      if (this.becameReady[t] === NOBODY) this.becameReady[t] = this.depth - 1;
      this.ready[this.depth] = (this.ready[this.depth] as number) | (1 << t);
    }
    return this.resources.allows(t, thread, wants, this.nextA[t] as number);
  }

  /** The thread that goes on, or nobody: then the run has ended. */
  private pick(): number {
    if (this.stopped) return NOBODY;
    const { depth, nr } = this;
    // Who can go on, and what each wants, is recorded; only since when is not.
    if (depth < this.repeated) {
      for (const t of this.waiting) this.canRun(t);
      return this.prefix[depth] as number;
    }
    let enabled = 0;
    this.ready[depth] = 0;
    for (let t = 0, at = depth * nr * 3; t < nr; t++, at += 3) {
      if (this.canRun(t)) enabled |= 1 << t;
      this.wanted[at] = this.nextA[t] as number;
      this.wanted[at + 1] = this.nextB[t] as number;
      this.wanted[at + 2] = this.nextC[t] as number;
    }
    this.enabled[depth] = enabled;
    if (enabled === 0) return NOBODY;
    if (depth < this.prefixLength) {
      const t = this.prefix[depth] as number;
      if (enabled & (1 << t)) return t;
      if (this.repeated >= 0) throw new Error(NOT_REPEATED);
      this.stopped = true;
      return NOBODY;
    }
    if (depth >= MAX_STEPS - 1) {
      this.fail('lockup', `more than ${String(MAX_STEPS)} steps`);
      this.stopped = true;
      return NOBODY;
    }
    const t = this.strategy.choose(depth, enabled);
    if (t === STOP) this.stopped = true;
    return t;
  }

  private commit(t: number): void {
    const d = this.depth++;
    const kind = this.nextKind[t] as number;
    const a = this.nextA[t] as number;
    if (d >= this.repeated) this.record(d, t);
    else if (this.a[d] !== a || this.kind[d] !== kind) throw new Error(NOT_REPEATED);
    this.steps[t] = (this.steps[t] as number) + 1;
    const thread = this.threads[t] as Thread;
    if (this.current !== t) {
      this.current = t;
      this.onSwitch(thread.cpu);
    }
    this.resources.take(t, thread, kind, a);
    if (kind === START) this.started |= 1 << t;
    else if (kind === END) this.done |= 1 << t;
    this.monitor?.step(d);
  }

  private record(d: number, t: number): void {
    const kind = this.nextKind[t] as number;
    this.thread[d] = t;
    this.kind[d] = kind;
    this.a[d] = this.nextA[t] as number;
    this.b[d] = this.nextB[t] as number;
    this.c[d] = this.nextC[t] as number;
    this.site[d] = this.nextSite[t] as number;
    this.local[d] = this.steps[t] as number;
    this.readyBy[d] = kind === START ? (this.becameReady[t] as number) : NOBODY;
  }

  private finish(): Outcome {
    const blocked: string[] = [];
    this.threads.forEach(({ name, ready }, t) => {
      const waits = (this.started & (1 << t)) === 0 && ready !== undefined;
      if ((this.done & (1 << t)) === 0 && !waits) blocked.push(`${name} (${this.waitsFor(t)})`);
    });
    if (blocked.length > 0) {
      this.fail('deadlock', `nobody can go on: ${blocked.join(', ')}`);
      return 'deadlock';
    }
    this.current = NOBODY;
    try {
      this.program.check();
    } catch (error) {
      if (!(error instanceof oops)) throw error;
      this.fail('oops', error.message);
    }
    this.monitor?.finish();
    return 'complete';
  }

  private waitsFor(t: number): string {
    if (this.nextKind[t] !== LOCK) return 'its CPU is not its own';
    const lock = (this.nextA[t] as number) >> 2;
    const owner = this.threads[this.ownerOf(lock)];
    return `waits for ${this.names[lock] ?? ''}, held by ${owner?.name ?? 'nobody'}`;
  }
}
