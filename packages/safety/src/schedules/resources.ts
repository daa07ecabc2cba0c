// SPDX-License-Identifier: GPL-2.0-only
// What threads share and wait for: numbered objects, who holds which lock, whose interrupts are masked, and which interrupt
// is under way on a CPU.

import type { Thread } from './program';
import {
  END,
  IRQ_OFF,
  IRQ_ON,
  LOCK,
  NOTHING,
  READ,
  RELEASE,
  START,
  UNLOCK,
  WRITE,
  touch,
} from './touch';

const NOBODY = -1;
/** Objects that one thread of a run finds. */
const FOUND = 64;

export class Resources {
  /** Names of objects by number. */
  readonly names: string[] = [];
  /** By object: who holds it. */
  private owners = new Int8Array(256).fill(NOBODY);
  // By CPU: its object if interrupts can come there, else NOTHING; who masked them; the interrupt under way.
  private readonly cpuObject: number[] = [];
  /** A CPU can be interrupted. */
  private interrupts = false;
  private readonly masked: number[] = [];
  private readonly active: number[] = [];
  /** Objects that there are before the first step; found ones come behind. */
  private fixed = 0;
  private foundEnd = 0;
  private readonly found: number[] = [];
  /** Locks that are held, and objects that threads hold from start to end. */
  held = 0;

  object(name: string): number {
    const id = this.names.push(name) - 1;
    if (id >= this.owners.length) {
      const { owners } = this;
      this.owners = new Int8Array(owners.length * 2).fill(NOBODY);
      this.owners.set(owners);
    }
    return id;
  }

  /** All objects that there are before the first step are known. */
  seal(threads: readonly Thread[]): void {
    for (const { cpu, kind } of threads) {
      this.masked[cpu] = this.active[cpu] = NOBODY;
      this.cpuObject[cpu] ??= NOTHING;
      if (kind === 'task') continue;
      this.interrupts = true;
      if (this.cpuObject[cpu] === NOTHING) this.cpuObject[cpu] = this.object(`CPU ${String(cpu)}`);
    }
    this.fixed = this.names.length;
    for (let i = 0; i < threads.length * FOUND; i++) this.object('found');
    this.foundEnd = this.names.length;
  }

  /** A run begins. */
  begin(): void {
    // As most runs left it: nothing held.
    if (this.held !== 0) this.owners.fill(NOBODY);
    this.held = 0;
    if (this.interrupts) {
      this.masked.fill(NOBODY);
      this.active.fill(NOBODY);
    }
    if (this.found.length > 0) this.found.length = 0;
  }

  foundObject(t: number, name: string): number {
    const count = this.found[t] ?? 0;
    this.found[t] = count + 1;
    const id = this.fixed + t * FOUND + (count % FOUND);
    this.names[id] = name;
    return id;
  }

  isFound(object: number): boolean {
    return object >= this.fixed && object < this.foundEnd;
  }

  ownerOf(lock: number): number {
    return this.owners[lock] as number;
  }

  interruptible(cpu: number): boolean {
    return this.cpuObject[cpu] !== NOTHING;
  }

  /** What a step of a thread touches of its CPU. */
  cpuTouch({ cpu, kind: type }: Thread, kind: number): number {
    const object = this.cpuObject[cpu] as number;
    if (object === NOTHING) return NOTHING;
    if (kind === IRQ_OFF || (kind === START && type !== 'task')) return touch(object, WRITE);
    return touch(object, kind === IRQ_ON || kind === END ? RELEASE : READ);
  }

  /** Whether nobody keeps thread t from a step of this kind. */
  allows(t: number, { cpu, kind: type, holds }: Thread, kind: number, a: number): boolean {
    if (this.active[cpu] !== NOBODY && this.active[cpu] !== t) return false;
    if (kind === LOCK) return this.owners[a >> 2] === NOBODY;
    if (kind !== START) return true;
    if (holds !== undefined && this.owners[holds] !== NOBODY) return false;
    return type === 'task' || this.masked[cpu] === NOBODY;
  }

  /** Thread t does the step. */
  take(t: number, { cpu, kind: type, holds }: Thread, kind: number, a: number): void {
    switch (kind) {
      case LOCK:
        this.owners[a >> 2] = t;
        this.held++;
        break;
      case UNLOCK:
        if (this.owners[a >> 2] !== NOBODY) this.held--;
        this.owners[a >> 2] = NOBODY;
        break;
      case IRQ_OFF:
        this.masked[cpu] = t;
        break;
      case IRQ_ON:
        this.masked[cpu] = NOBODY;
        break;
      case START:
      case END: {
        const by = kind === START ? t : NOBODY;
        if (type !== 'task') this.active[cpu] = by;
        if (holds !== undefined) {
          this.owners[holds] = by;
          this.held += kind === START ? 1 : -1;
        }
      }
    }
  }
}
