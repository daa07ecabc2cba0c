// SPDX-License-Identifier: GPL-2.0-only
// Accesses to shared memory that nothing orders: data races as KCSAN reports them, found by vector clocks, so also where
// this run had them far apart. And uses of memory that was given back.

import type { Executor } from '../executor';
import { CANCEL, END, IRQ_OFF, IRQ_ON, LOCK, QUEUE, START, UNLOCK, objectOf } from '../touch';
import type { Monitor } from './monitor';
import { placeOf } from './places';

/** What is known of one field of one object in the present run. */
class Cell {
  run = 0;
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

function shadowOf(object: object): Shadow {
  return ((object as Watched).schedule_shadow ??= new Shadow());
}

export class HappensBefore implements Monitor {
  /** Of thread t: how far it knows thread u, at t * nr + u. */
  private clock = new Int32Array(0);
  private readonly released: Int32Array[] = [];
  private readonly releasedIn: number[] = [];

  /** @param rt it need not know its threads yet */
  constructor(private readonly rt: Executor) {}

  begin(): void {
    const { nr } = this.rt;
    if (this.clock.length === 0) this.clock = new Int32Array(nr * nr);
    this.clock.fill(0);
    for (let t = 0; t < this.rt.nr; t++) this.clock[t * this.rt.nr + t] = 1;
  }

  step(d: number): void {
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
    if (t < 0) return object;
    const cell = this.cell(shadowOf(object), code);
    const { nr } = this.rt;
    if (
      cell.writer >= 0 &&
      cell.writer !== t &&
      cell.writtenAt > (this.clock[t * nr + cell.writer] as number)
    )
      this.report(code, 'read', t, cell.writer, cell.writeSite, 'write');
    cell.readers |= 1 << t;
    cell.readAt[t] = this.clock[t * nr + t] as number;
    cell.readSite[t] = code;
    return object;
  }

  write(object: object, code: number): void {
    const t = this.rt.current;
    if (t < 0) return;
    const shadow = shadowOf(object);
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
    cell.writer = t;
    cell.writtenAt = this.clock[row + t] as number;
    cell.writeSite = code;
  }

  freed(what: object, site: number): void {
    const shadow = shadowOf(what);
    shadow.freedIn = this.rt.runs;
    shadow.freedAt = site;
  }

  /** The latest run that wrote a watched field of it, 0 if none did. */
  writtenIn(object: object): number {
    return (object as Watched).schedule_shadow?.writtenIn ?? 0;
  }

  private cell(shadow: Shadow, code: number): Cell {
    const { rt } = this;
    if (shadow.freedIn === rt.runs)
      rt.fail('use-after-free', `${placeOf(code)}, freed at ${placeOf(shadow.freedAt * 256)}`);
    const cell = (shadow.cells[code & 255] ??= new Cell(rt.nr));
    if (cell.run !== rt.runs) {
      cell.run = rt.runs;
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
