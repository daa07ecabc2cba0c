// SPDX-License-Identifier: GPL-2.0-only
// A model of a recorded machine with the series: a pool in sixty lines of its own, two CPUs that interleave, and the
// lines that the patched kernel would print. Not the port, so that agreement with it says something.

import {
  type ModelClass,
  type ModelOptions,
  ModelPool,
  cacheOf,
  hex,
  splitList,
} from './model-pool';

interface Live {
  readonly device: string;
  readonly dma: number;
  readonly size: number;
  readonly dir: number;
  readonly sgl: { readonly id: string; readonly nents: number } | null;
  readonly slot: { readonly klass: ModelClass; readonly index: number } | null;
}

/** One thing that is under way, a line (or lines under one lock) at a time. */
type Task = Generator<undefined, void, undefined>;

export class ModelMachine {
  readonly lines: string[] = [];
  private readonly pools: ModelPool[];
  private readonly live: Live[] = [];
  private us = 20_000_000;
  private state: number;
  private plainIova = 0x100000000;
  private tasks = 0;

  constructor(private readonly options: ModelOptions) {
    this.state = options.seed;
    const devices = options.devices ?? ['0000:00:05.0'];
    this.pools = devices.map((name) => new ModelPool(name, options.classes, options.numSlots));
  }

  /** Lines 0 to `from` are left out: the recording began later. */
  text(from = 0): string {
    return `# tracer: nop\n#\n${this.lines.slice(from).join('\n')}\n`;
  }

  run(): this {
    const pool = this.pools[0] as ModelPool;
    for (let i = 0; i < (this.options.ring ?? 0); i++) this.finish(this.map(pool, 2, true));
    this.live.length = 0; // the ring stays, and is not touched again
    for (const { calls, idleMs } of this.options.bursts) {
      this.burst(calls);
      this.idle(idleMs);
    }
    return this;
  }

  private random(below: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * below);
  }

  /** Calls on two CPUs at once, and workers as they come due. */
  private burst(calls: number): void {
    const running: Task[] = [];
    let left = calls;
    while (left > 0 || running.length > 0) {
      this.dueWorkers(running);
      if (left > 0 && running.length < 3) {
        running.push(this.anyCall());
        left--;
      }
      this.stepOne(running);
    }
    while (this.live.length > 0) this.finish(this.unmap());
  }

  private anyCall(): Task {
    const pool = this.pools[this.random(this.pools.length)] as ModelPool;
    const isMap =
      this.live.length === 0 || (this.live.length < this.options.depth && this.random(2) === 0);
    return isMap ? this.map(pool, 1 + this.random(2), false) : this.unmap();
  }

  private idle(ms: number): void {
    const end = this.us + ms * 1000;
    for (;;) {
      const next = Math.min(...this.pools.map((pool) => pool.due ?? Infinity));
      if (next > end) break;
      this.us = Math.max(this.us, next);
      const running: Task[] = [];
      this.dueWorkers(running);
      while (running.length > 0) this.stepOne(running);
    }
    this.us = end;
  }

  private dueWorkers(running: Task[]): void {
    for (const pool of this.pools)
      if (pool.due !== null && pool.due <= this.us) {
        pool.due = null;
        running.push(this.worker(pool));
      }
  }

  private stepOne(running: Task[]): void {
    const i = this.random(running.length);
    if (running[i]?.next().done === true) running.splice(i, 1);
  }

  private finish(task: Task): void {
    while (task.next().done !== true);
  }

  private print(context: string, text: string): void {
    this.us += 3 + this.random(40);
    const time = `${String(Math.floor(this.us / 1e6))}.${String(this.us % 1e6).padStart(6, '0')}`;
    this.lines.push(`  ${context}  ${time}: ${text}`);
  }

  private queue(pool: ModelPool): void {
    const { hz = 250 } = this.options;
    const latency = this.random(300);
    pool.due ??=
      hz === null ? this.us + 5_000_000 + this.random(200_000) : this.bucket(hz) + latency;
  }

  /** When a timer of 5 s runs: in a bucket of 2^6 or 2^9 jiffies, which are counted from a time of its own. */
  private bucket(hz: 250 | 1000): number {
    const [tick, shift] = hz === 250 ? [4000n, 6n] : [1000n, 9n];
    const begin = 1_234_567n;
    const expires = (BigInt(this.us) - begin) / tick + 5_000_000n / tick;
    return Number(((expires >> shift) + 1n) * (tick << shift) + begin);
  }

  private *map(pool: ModelPool, dir: number, small: boolean): Task {
    const { options } = this;
    const task = `fio-${String(100 + this.tasks++)} [00${String(this.random(2))}]`;
    const prot = dir === 1 ? 5 : 6;
    const isSg = !small && this.random(100) < (options.lists ?? 30);
    const largest = options.classes.at(-1) ?? 4096;
    const pages = small ? 1 : 1 + this.random((largest / 4096) * 1.1);
    const offset = isSg || small ? 0 : this.random(3) === 0 ? 512 * (1 + this.random(6)) : 0;
    const total = pages * 4096 - offset;
    const phys = 0x1000000 + 4096 * 32 * this.random(1000);
    const sgl = isSg
      ? { id: `ffff88800${hex(0x1000000 + this.tasks)}`, nents: Math.min(pages, 3) }
      : null;
    if (sgl) {
      let rest = total;
      for (let i = 0; i < sgl.nents; i++) {
        const length = i === sgl.nents - 1 ? rest : 4096;
        rest -= length;
        this.print(
          `${task} ....`,
          `iommu_dma_map_sg: obs_sg_ent i=${String(i)} phys=${hex(phys + i * 0x100000)} len=${String(length)}`,
        );
      }
      yield;
    }
    const size = offset + total;
    const found = yield* this.decide(pool, task, size, prot);
    let dma: number;
    if (found) dma = found.klass.base + found.index * found.klass.size + offset;
    else {
      this.plainIova += 0x400000;
      const start = this.plainIova;
      const pieces = sgl
        ? splitList(phys, total, sgl.nents)
        : [[phys - (phys % 4096), Math.ceil(size / 4096) * 4096] as const];
      let at = start;
      for (const [paddr, length] of pieces) {
        this.print(
          `${task} ....`,
          `map: IOMMU: iova=0x${hex(at).padStart(16, '0')} paddr=0x${hex(paddr).padStart(16, '0')} size=${String(length)}`,
        );
        at += length;
        yield;
      }
      dma = start + offset;
    }
    const call = `dev=${pool.device} dir=${String(dir)}`;
    this.print(
      `${task} ....`,
      sgl
        ? `iommu_dma_map_sg: obs_map_sg ${call} sgl=${sgl.id} nents=${String(sgl.nents)} total=${String(total)} attrs=0 ret=1 dma=${hex(dma)} dmalen=${String(total)}`
        : `iommu_dma_map_page: obs_map_page ${call} phys=${hex(phys + offset)} size=${String(total)} attrs=0 dma=${hex(dma)}`,
    );
    this.live.push({ device: pool.device, dma, size: total, dir, sgl, slot: found });
  }

  private *decide(
    pool: ModelPool,
    task: string,
    size: number,
    prot: number,
  ): Generator<undefined, { klass: ModelClass; index: number } | null, undefined> {
    const klass = pool.classes.find((one) => size <= one.size);
    const place = 'io_buffer_pool_map_buffer:';
    if (!klass) {
      this.print(
        `${task} ....`,
        `${place} obs_pool_toobig size=${String(size)} prot=${String(prot)}`,
      );
      yield;
      return null;
    }
    const named = `class_size=${String(klass.size)}`;
    const cached = klass.caches[cacheOf(prot)]?.shift();
    const slot = cached?.slot ?? klass.empty.shift();
    // A slot that got no pages is back before anyone else looks: no line tells when.
    const fails = !cached && this.random(100) < (this.options.failingFills ?? 0);
    if (fails && slot !== undefined) klass.empty.unshift(slot);
    if (slot === undefined) {
      this.print(
        `${task} d...`,
        `${place} obs_pool_full class=${String(klass.index)}(${String(klass.size)}) size=${String(size)} prot=${String(prot)}`,
      );
      yield;
      return null;
    }
    this.print(
      `${task} d...`,
      `${place} obs_pool_take from=${cached ? 'cache' : 'empty'} ${named} slot=${String(slot)} prot=${String(prot)}`,
    );
    yield;
    const iova = klass.base + slot * klass.size;
    if (!cached) {
      if (fails) return null;
      this.print(
        `${task} ....`,
        `map: IOMMU: iova=0x${hex(iova).padStart(16, '0')} paddr=0x0000000000d3f000 size=${String(klass.size)}`,
      );
      this.print(
        `${task} ....`,
        `io_buffer_pool_fill_slot: obs_pool_fill ${named} slot=${String(slot)} prot=${String(prot)} iova=${hex(iova)}`,
      );
      yield;
    }
    this.print(
      `${task} ....`,
      `${place} obs_pool_map class=${String(klass.index)}(${String(klass.size)}) slot=${String(slot)} size=${String(size)} prot=${String(prot)} iova=${hex(iova)}`,
    );
    yield;
    return { klass, index: slot };
  }

  private *unmap(): Task {
    const [one] = this.live.splice(this.random(this.live.length), 1);
    if (!one) return;
    const pool = this.pools.find((p) => p.device === one.device) as ModelPool;
    const task = `kworker/0-${String(10_000 + this.tasks++)} [00${String(this.random(2))}] d.h.`;
    const call = `dev=${one.device} dir=${String(one.dir)}`;
    this.print(
      task,
      one.sgl
        ? `iommu_dma_unmap_sg: obs_unmap_sg ${call} sgl=${one.sgl.id} nents=${String(one.sgl.nents)} attrs=0 dma=${hex(one.dma)} dmalen=${String(one.size)}`
        : `iommu_dma_unmap_page: obs_unmap_page ${call} dma=${hex(one.dma)} size=${String(one.size)} attrs=0`,
    );
    yield;
    const prot = one.dir === 1 ? 5 : 6;
    if (one.slot) {
      const { klass, index } = one.slot;
      const cache = klass.caches[cacheOf(prot)] ?? [];
      if (cache.length === 0) this.queue(pool);
      cache.unshift({ slot: index, prot, old: false });
      this.print(
        task,
        `io_buffer_pool_unmap_buffer: obs_pool_unmap class_size=${String(klass.size)} slot=${String(index)} prot=${String(prot)} dma=${hex(one.dma)}`,
      );
    } else {
      const start = one.dma - (one.dma % 4096);
      const length = Math.ceil((one.dma + one.size - start) / 4096) * 4096;
      this.print(
        task,
        `unmap: IOMMU: iova=0x${hex(start).padStart(16, '0')} size=${String(length)} unmapped_size=${String(length)}`,
      );
    }
  }

  private *worker(pool: ModelPool): Task {
    const task = `kworker/u4:4-${String(40 + this.pools.indexOf(pool))} [001]`;
    const place = '__io_buffer_pool_evict:';
    let requeue = false;
    this.print(`${task} ....`, `${place} obs_pool_evict_run teardown=0`);
    for (const klass of pool.classes) {
      const named = `class_size=${String(klass.size)}`;
      for (const cache of klass.caches) {
        for (let last = cache.at(-1); last?.old === true; last = cache.at(-1)) {
          cache.pop();
          this.print(
            `${task} d...`,
            `${place} obs_pool_evict_take ${named} slot=${String(last.slot)} prot=${String(last.prot)}`,
          );
          yield;
          const iova = klass.base + last.slot * klass.size;
          this.print(
            `${task} ....`,
            `unmap: IOMMU: iova=0x${hex(iova).padStart(16, '0')} size=${String(klass.size)} unmapped_size=${String(klass.size)}`,
          );
          yield;
          this.print(
            `${task} ....`,
            `io_buffer_pool_free_slot: obs_pool_evict ${named} slot=${String(last.slot)} iova=${hex(iova)}`,
          );
          yield;
          klass.empty.unshift(last.slot);
          this.print(
            `${task} d...`,
            `${place} obs_pool_release ${named} slot=${String(last.slot)}`,
          );
        }
        for (const one of cache) {
          one.old = true;
          requeue = true;
        }
      }
    }
    if (requeue) this.queue(pool);
  }
}
