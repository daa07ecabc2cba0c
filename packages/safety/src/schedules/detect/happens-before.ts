// SPDX-License-Identifier: GPL-2.0-only
// Accesses to shared memory that nothing orders: data races as KCSAN reports them, found by vector clocks, so also where
// this run had them far apart. And uses of memory that was given back.

import type { Executor } from '../executor';
import { CANCEL, END, IRQ_OFF, IRQ_ON, LOCK, QUEUE, START, UNLOCK, objectOf } from '../touch';
import type { Monitor } from './monitor';
import { placeOf } from './places';

/** What is known of one field of one object in the present run. */
class Cell {
  /** The beginning that it is of, see HappensBefore. */
  since = 0;
  writer = -1;
  writtenAt = 0;
  writeSite = 0;
  /** Bit t: thread t has read it. */
  readers = 0;
  readonly readAt: Int32Array;
  readonly readSite: Int32Array;

  constructor(nr: number) {
    this.readAt = new Int32Array(nr);
    this.readSite = new Int32Array(nr);
  }
}

class Shadow {
  /** The run that gave the object back. */
  freedIn = 0;
  freedAt = 0;
  /** The latest run that wrote a field. */
  writtenIn = 0;
  readonly cells: (Cell | undefined)[] = [];
}

/** An object with a field for what is known of it. */
interface Watched {
  schedule_shadow?: Shadow;
}

/** Numbers of an entry of the log. */
const ENTRY = 4;
/** In place of a thread: the entry is of a write. */
const WRITER = -1;
/** More steps than a run has. */
const NEVER = 2 ** 30;

/**
 * Accesses of a beginning that the run before had too are not looked at again: what they left in cells is still there, when what
 * the run before did after it is taken back with a log.
 */
export class HappensBefore implements Monitor {
  /** False up to the end of such a beginning. */
  watching = true;
  /** Somebody asks `writtenIn`. */
  tellsWrites = false;
  /** Counts the runs that were watched from their first step on. */
  private since = 0;
  private logged = 0;
  private readonly logCells: Cell[] = [];
  private log = new Int32Array(256 * ENTRY);
  /** By step: entries of the log before it was chosen. */
  private readonly marks: number[] = [];
  /** Steps before a report, or before an object was seen for the first time, which can be another one in each run. */
  private repeatable = NEVER;
  /** The step that was chosen last. */
  private latest = -1;
  /** Of thread t: how far it knows thread u, at t * nr + u. */
  private clock = new Int32Array(0);
  private readonly released: Int32Array[] = [];
  private readonly releasedIn: number[] = [];

  /** @param rt it need not know its threads yet */
  constructor(private readonly rt: Executor) {}

  begin(): void {
    const { nr, repeated } = this.rt;
    if (repeated > 0 && repeated < this.repeatable) {
      this.takeBack(this.marks[repeated] as number);
      this.watching = false;
    } else {
      this.since++;
      this.logged = 0;
      this.watching = true;
    }
    this.repeatable = NEVER;
    this.latest = -1;
    if (this.clock.length === 0) this.clock = new Int32Array(nr * nr);
    this.clock.fill(0);
    for (let t = 0; t < this.rt.nr; t++) this.clock[t * this.rt.nr + t] = 1;
  }

  chosen(d: number): void {
    this.latest = d;
    if (!this.watching && d < this.rt.repeated) return;
    this.watching = true;
    this.marks[d] = this.logged;
  }

  step(d: number): void {
    if (this.latest !== d) this.chosen(d);
    const { rt } = this;
    const a = rt.a[d] as number;
    switch (rt.kind[d]) {
      case LOCK:
        this.acquire(a);
        break;
      case UNLOCK:
        this.release(a);
        break;
      case QUEUE:
      case CANCEL:
        this.acquire(a);
        this.release(a);
        break;
      case START:
        this.acquire(a);
        this.acquire(rt.b[d] as number);
        this.acquire(rt.c[d] as number);
        break;
      case END:
        this.release(a);
        this.release(rt.c[d] as number);
        break;
      case IRQ_OFF:
        this.acquire(rt.c[d] as number);
        break;
      case IRQ_ON:
        this.release(rt.c[d] as number);
        break;
    }
  }

  end(): void {
    // Nobody waits for a thread's end but through its END step.
  }

  finish(): void {
    // All is reported where it happens.
  }

  /** The object's field is read; returns the object. */
  read<T extends object>(object: T, code: number): T {
    const t = this.rt.current;
    if (!this.watching || t < 0) return object;
    const cell = this.cell(this.shadowOf(object), code);
    const { nr } = this.rt;
    if (
      cell.writer >= 0 &&
      cell.writer !== t &&
      cell.writtenAt > (this.clock[t * nr + cell.writer] as number)
    )
      this.report(code, 'read', t, cell.writer, cell.writeSite, 'write');
    const now = this.clock[t * nr + t] as number;
    const known = cell.readers & (1 << t);
    if (known !== 0 && cell.readAt[t] === now && cell.readSite[t] === code) return object;
    this.keep(cell, t, known, cell.readAt[t] as number, cell.readSite[t] as number);
    cell.readers |= 1 << t;
    cell.readAt[t] = now;
    cell.readSite[t] = code;
    return object;
  }

  write(object: object, code: number): void {
    const t = this.rt.current;
    if (!this.watching) {
      if (this.tellsWrites) this.shadowOf(object).writtenIn = this.rt.runs;
      return;
    }
    if (t < 0) return;
    const shadow = this.shadowOf(object);
    shadow.writtenIn = this.rt.runs;
    const cell = this.cell(shadow, code);
    const { nr } = this.rt;
    const row = t * nr;
    if (
      cell.writer >= 0 &&
      cell.writer !== t &&
      cell.writtenAt > (this.clock[row + cell.writer] as number)
    )
      this.report(code, 'write', t, cell.writer, cell.writeSite, 'write');
    for (let u = 0, others = cell.readers & ~(1 << t); others >> u !== 0; u++)
      if (others & (1 << u) && (cell.readAt[u] as number) > (this.clock[row + u] as number))
        this.report(code, 'write', t, u, cell.readSite[u] as number, 'read');
    this.keep(cell, WRITER, cell.writer, cell.writtenAt, cell.writeSite);
    cell.writer = t;
    cell.writtenAt = this.clock[row + t] as number;
    cell.writeSite = code;
  }

  freed(what: object, site: number): void {
    const shadow = this.shadowOf(what);
    shadow.freedIn = this.rt.runs;
    shadow.freedAt = site;
  }

  /** The latest run that wrote a watched field of it, 0 if none did. */
  writtenIn(object: object): number {
    return (object as Watched).schedule_shadow?.writtenIn ?? 0;
  }

  private shadowOf(object: object): Shadow {
    const known = (object as Watched).schedule_shadow;
    if (known !== undefined) return known;
    this.repeatsUpTo(this.rt.depth);
    return ((object as Watched).schedule_shadow = new Shadow());
  }

  private repeatsUpTo(depth: number): void {
    if (depth < this.repeatable) this.repeatable = depth;
  }

  /** Before a cell changes: what it knew of the thread, or of the latest write. */
  private keep(cell: Cell, t: number, who: number, at: number, site: number): void {
    const n = this.logged++;
    this.logCells[n] = cell;
    if (n * ENTRY >= this.log.length) {
      const { log } = this;
      this.log = new Int32Array(log.length * 2);
      this.log.set(log);
    }
    const { log } = this;
    log[n * ENTRY] = t;
    log[n * ENTRY + 1] = who;
    log[n * ENTRY + 2] = at;
    log[n * ENTRY + 3] = site;
  }

  private takeBack(mark: number): void {
    const { log } = this;
    while (this.logged > mark) {
      const n = --this.logged;
      const cell = this.logCells[n] as Cell;
      const t = log[n * ENTRY] as number;
      const who = log[n * ENTRY + 1] as number;
      const at = log[n * ENTRY + 2] as number;
      const site = log[n * ENTRY + 3] as number;
      if (t === WRITER) {
        cell.writer = who;
        cell.writtenAt = at;
        cell.writeSite = site;
      } else {
        if (who === 0) cell.readers &= ~(1 << t);
        cell.readAt[t] = at;
        cell.readSite[t] = site;
      }
    }
  }

  private cell(shadow: Shadow, code: number): Cell {
    const { rt } = this;
    if (shadow.freedIn === rt.runs) {
      this.repeatsUpTo(rt.depth);
      rt.fail('use-after-free', `${placeOf(code)}, freed at ${placeOf(shadow.freedAt * 256)}`);
    }
    const cell = (shadow.cells[code & 255] ??= new Cell(rt.nr));
    if (cell.since !== this.since) {
      cell.since = this.since;
      cell.writer = -1;
      cell.readers = 0;
    }
    return cell;
  }

  private report(
    code: number,
    what: string,
    t: number,
    other: number,
    otherCode: number,
    otherWhat: string,
  ): void {
    const { threads } = this.rt;
    this.repeatsUpTo(this.rt.depth);
    this.rt.fail(
      'data-race',
      `${what} of ${placeOf(code)} by ${threads[t]?.name ?? ''}, ${otherWhat} of ${placeOf(otherCode)} by ${threads[other]?.name ?? ''}`,
    );
  }

  private acquire(touched: number): void {
    if (touched < 0) return;
    const object = objectOf(touched);
    if (this.releasedIn[object] !== this.rt.runs) return;
    const { nr, current } = this.rt;
    const from = this.released[object] as Int32Array;
    for (let u = 0, at = current * nr; u < nr; u++, at++)
      if ((from[u] as number) > (this.clock[at] as number)) this.clock[at] = from[u] as number;
  }

  private release(touched: number): void {
    if (touched < 0) return;
    const object = objectOf(touched);
    const { nr, current, runs } = this.rt;
    const to = (this.released[object] ??= new Int32Array(nr));
    const row = current * nr;
    for (let u = 0; u < nr; u++) to[u] = this.clock[row + u] as number;
    this.releasedIn[object] = runs;
    this.clock[row + current] = (this.clock[row + current] as number) + 1;
  }
}
