// SPDX-License-Identifier: GPL-2.0-only
// What the derived forms call before each step and each access: `k.rt`. Steps go to the executor, accesses to the
// detectors.

import type {
  delayed_work,
  list_head,
  mutex,
  spinlock_t,
  timer_list,
} from '@iommu-bounce/linux-shim';
import { HappensBefore } from './detect/happens-before';
import { Lockdep } from './detect/lockdep';
import type { Monitor } from './detect/monitor';
import { siteOf } from './detect/places';
import type { Executor } from './executor';
import {
  ALLOC,
  CANCEL,
  DEVICE,
  FREE,
  IOMMU,
  IRQ_OFF,
  IRQ_ON,
  LOAD,
  LOCK,
  NOTHING,
  QUEUE,
  READ,
  RELEASE,
  STORE,
  UNLOCK,
  WRITE,
  touch,
} from './touch';

/** An object with its number. */
interface Numbered {
  schedule_number?: number;
  /** The run that it was found in; 0: it was there before. */
  schedule_run?: number;
}

export class Kernel implements Monitor {
  readonly races: HappensBefore;
  readonly lockdep: Lockdep;
  private readonly pages: number;
  private readonly allMappings: number;
  /** The lock under which requests go out; NOTHING: mappings change without any. */
  private requestLock = NOTHING;
  private readonly mappings = new Map<number, number>();
  private readonly off = new Uint8Array(32);

  constructor(private readonly rt: Executor) {
    this.races = new HappensBefore(rt);
    this.lockdep = new Lockdep(rt);
    this.pages = rt.object('page allocator');
    this.allMappings = rt.object('mappings');
  }

  begin(): void {
    this.races.begin();
    this.lockdep.begin();
    this.off.fill(0);
  }

  chosen(d: number): void {
    this.races.chosen(d);
  }

  step(d: number): void {
    this.races.step(d);
  }

  end(thread: number): void {
    if (this.lockdep.holdsAny(thread))
      this.rt.fail('lock-held', `${this.rt.threads[thread]?.name ?? ''} ends with a lock held`);
  }

  finish(): void {
    // All is reported where it happens.
  }

  /** Gives an object that is there before the first step its number. */
  name(object: object, name: string): number {
    const numbered = object as Numbered;
    numbered.schedule_run = 0;
    return (numbered.schedule_number = this.rt.object(name));
  }

  private numberOf(what: object, name: string): number {
    const object = what as Numbered;
    if (object.schedule_run === 0 || object.schedule_run === this.rt.runs)
      return object.schedule_number as number;
    object.schedule_run = this.rt.runs;
    return (object.schedule_number = this.rt.foundObject(name));
  }

  /** Set when a lock of this number or a later one is taken. */
  watchedFrom = Infinity;
  watched = false;

  /** In a plain form, where a generator yields. */
  wait(): void {
    this.rt.wait();
  }

  // Locks.

  lock(lock: spinlock_t, site: number): boolean {
    const { rt } = this;
    const n = this.numberOf(lock, 'lock');
    if (rt.current < 0) return false;
    if (n >= this.watchedFrom) this.watched = true;
    if (!rt.isFound(n)) this.lockdep.taken(n, site, this.off[rt.current] === 1);
    const changes = n === this.requestLock ? touch(this.allMappings, WRITE) : NOTHING;
    return rt.point(LOCK, touch(n, WRITE), changes, site);
  }

  unlock(lock: spinlock_t, site: number): boolean {
    const { rt } = this;
    const n = this.numberOf(lock, 'lock');
    if (rt.current < 0) return false;
    this.lockdep.given(n);
    const owner = rt.ownerOf(n);
    if (owner !== rt.current)
      rt.fail(
        'unlock-elsewhere',
        `${rt.threads[rt.current]?.name ?? ''} gives back ${rt.names[n] ?? ''} at ${siteOf(site)}, held by ${rt.threads[owner]?.name ?? 'nobody'}`,
      );
    return rt.point(UNLOCK, touch(n, RELEASE), NOTHING, site);
  }

  mutexLock(lock: mutex, site: number): boolean {
    return this.lock(lock as unknown as spinlock_t, site);
  }

  mutexUnlock(lock: mutex, site: number): boolean {
    return this.unlock(lock as unknown as spinlock_t, site);
  }

  // Interrupts.

  irqOff(site: number): boolean {
    const { rt } = this;
    const t = rt.current;
    if (t < 0) return false;
    const was = this.off[t];
    this.off[t] = 1;
    return was === 0 && rt.interruptible() && rt.point(IRQ_OFF, NOTHING, NOTHING, site);
  }

  irqOn(flags: number, site: number): boolean {
    const { rt } = this;
    const t = rt.current;
    if (t < 0 || flags !== 0 || this.off[t] === 0) return false;
    this.off[t] = 0;
    return rt.interruptible() && rt.point(IRQ_ON, NOTHING, NOTHING, site);
  }

  /** A thread begins with interrupts off: a handler's. */
  beginsMasked(): void {
    this.off[this.rt.current] = 1;
  }

  // Memory.

  allocPages(site: number): boolean {
    return this.rt.current >= 0 && this.rt.point(ALLOC, touch(this.pages, WRITE), NOTHING, site);
  }

  freePages(site: number): boolean {
    return this.rt.current >= 0 && this.rt.point(FREE, touch(this.pages, WRITE), NOTHING, site);
  }

  /** An object, or each of an array, is given back. */
  freed(object: object | null, site: number): void {
    if (object === null || this.rt.current < 0) return;
    this.races.freed(object, site);
    if (Array.isArray(object))
      for (const one of object as unknown[])
        if (typeof one === 'object' && one !== null && 'list' in one) this.races.freed(one, site);
  }

  // Work and timers.

  queue(what: delayed_work | timer_list, site: number): boolean {
    const n = this.numberOf(what, 'timer');
    return this.rt.current >= 0 && this.rt.point(QUEUE, touch(n, WRITE), NOTHING, site);
  }

  cancel(what: delayed_work | timer_list, site: number): boolean {
    const n = this.numberOf(what, 'timer');
    return this.rt.current >= 0 && this.rt.point(CANCEL, touch(n, WRITE), NOTHING, site);
  }

  /** Waits for work that runs, as lockdep sees it too: takes what the work holds, and gives it back. */
  waitBegin(_what: object, site: number, held = this.work): boolean {
    const { rt } = this;
    if (held === NOTHING || rt.current < 0) return false;
    return rt.point(LOCK, touch(held, WRITE), NOTHING, site);
  }

  waitEnd(_what: object, site: number, held = this.work): boolean {
    const { rt } = this;
    if (held === NOTHING || rt.current < 0) return false;
    return rt.point(UNLOCK, touch(held, RELEASE), NOTHING, site);
  }

  /** What the work, and the timer of the flush queue, hold while they run; NOTHING: there is none. */
  work = NOTHING;
  timer = NOTHING;

  // Translations.

  /** A range is mapped or unmapped. */
  iommu(iova: number, size: number): boolean {
    const { rt } = this;
    if (rt.current < 0) return false;
    if (size > PAGE)
      return rt.point(IOMMU, touch(this.allMappings, WRITE), touch(this.pages, WRITE));
    return rt.point(IOMMU, touch(this.mapping(iova), WRITE), touch(this.allMappings, READ));
  }

  flush(_domain: object, site: number): boolean {
    return (
      this.rt.current >= 0 &&
      this.rt.point(IOMMU, touch(this.allMappings, WRITE), touch(this.pages, WRITE), site)
    );
  }

  /** The CPU looks an address up. */
  lookUp(iova: number): boolean {
    return this.rt.current >= 0 && this.device(iova, LOAD);
  }

  /** The device has an address translated, and reaches the page behind it. */
  device(iova: number, kind = DEVICE): boolean {
    const mapping = this.requestLock === NOTHING ? this.mapping(iova) : this.allMappings;
    return this.rt.point(kind, touch(mapping, READ), touch(this.pages, READ));
  }

  /** Mappings change by requests, which go out and are carried out in the step that takes this lock. */
  requests(lock: spinlock_t): void {
    this.requestLock = this.numberOf(lock, 'lock');
  }

  private mapping(iova: number): number {
    const page = Math.floor(iova / PAGE);
    let n = this.mappings.get(page);
    if (n === undefined) {
      n = this.rt.object(`mapping 0x${(page * PAGE).toString(16)}`);
      this.mappings.set(page, n);
    }
    return n;
  }

  // Fields.

  /** A field that C has as an atomic: each access is a step. */
  atomic(object: object, code: number, write: boolean): boolean {
    const { rt } = this;
    if (rt.current < 0) return false;
    const n = this.numberOf(object, 'atomic');
    const site = Math.floor(code / 256);
    return rt.point(write ? STORE : LOAD, touch(n, write ? WRITE : READ), NOTHING, site);
  }

  r<T extends object>(object: T, code: number): T {
    return this.races.read(object, code);
  }

  w(object: object, code: number): void {
    this.races.write(object, code);
  }

  listAdd<T extends object>(node: list_head<T>, head: list_head<T>, site: number): void {
    this.races.write(head, site);
    this.races.write(head.next, site);
    this.races.write(node, site);
  }

  listAddTail<T extends object>(node: list_head<T>, head: list_head<T>, site: number): void {
    this.races.write(head, site);
    this.races.write(head.prev, site);
    this.races.write(node, site);
  }

  listDel<T extends object>(node: list_head<T>, site: number): void {
    this.races.write(node.prev, site);
    this.races.write(node.next, site);
    this.races.write(node, site);
  }
}

const PAGE = 4096;
