// SPDX-License-Identifier: GPL-2.0-only
// Tests of the derived forms: they are those of the sources, and without a switch they do what the port does.

import { join } from 'node:path';
import { expect } from 'chai';
import {
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_TO_DEVICE,
  PAGE_SIZE,
  check_ptr,
  device,
  dma_addr_t,
  type dma_data_direction,
  type page,
  sg_array,
  sg_set_page,
} from '@iommu-bounce/linux-shim';
import { random, type random_source } from '@iommu-bounce/linux-shim/testing';
import { new_virtio_iommu } from '@iommu-bounce/iommu-core';
import { to_cookie } from '@iommu-bounce/dma-iommu';
import { io_buffer_pool_stats, pool_of, wire_io_buffer_pool } from '@iommu-bounce/io-buffer-pool';
import { DERIVED, steppingDriver } from '@iommu-bounce/safety';
import { virtio_iommu_c } from '../../src/schedules/derived/virtio-iommu';

const LONG = process.env['TEST_LONG'] === '1';
const SEED = Number(process.env['SCHEDULE_SEED'] ?? 1);

/** A scheduler that never switches. */
const NEVER = new Proxy(
  {},
  { get: (_, name) => (name === 'r' ? (object: object) => object : () => false) },
);

type Run = Generator<undefined, unknown, undefined>;
type Called = Record<string, (...args: unknown[]) => unknown>;

/** What a call returns; of a derived form, what its generator returns, which must not stop. */
function drive(result: unknown): unknown {
  if (typeof result !== 'object' || result === null || !('next' in result)) return result;
  const { done, value } = (result as Run).next();
  expect(done, 'it stopped').to.equal(true);
  return value;
}

interface Kind {
  readonly strict: boolean;
  readonly virtio: boolean;
}

/** A machine with a pool; its code is the derived one if so asked. */
class Machine {
  readonly wired;
  readonly dev = new device('device');
  readonly domain;
  readonly dma: Called;
  readonly pages: readonly page[];
  private readonly suffix: string;

  /** @param form `_now`: plain functions */
  constructor({ strict, virtio }: Kind, form: 'port' | 'generators' | '_now') {
    const wired = wire_io_buffer_pool({
      num_slots: 3,
      class_sizes: 5,
      strict,
      machine: { nr_cpus: 2, memory: { nodes: [{ lowmem_pages: 256 }] } },
      ...(virtio
        ? {
            driver: (k, iommu, dma) => {
              const made = new_virtio_iommu(k, iommu, dma);
              made.add_endpoint(this.dev, 1);
              return made.driver;
            },
          }
        : {}),
    });
    this.wired = wired;
    this.domain = wired.plug(this.dev);
    this.pages = Array.from({ length: 8 }, () =>
      check_ptr(wired.k.page_alloc.alloc_pages(0, 0), 'page'),
    );
    if (form !== 'port') this.derive(virtio, form === '_now' ? form : '');
    this.dma = wired.dma_iommu as unknown as Called;
    this.suffix = form === '_now' ? form : '';
  }

  private derive(virtio: boolean, suffix: string): void {
    const { k, io_buffer_pool, dma_iommu, iova, iommu, driver } = this.wired;
    Object.assign(k, { rt: NEVER });
    Object.setPrototypeOf(io_buffer_pool, DERIVED.io_buffer_pool_c.prototype);
    Object.setPrototypeOf(dma_iommu, DERIVED.dma_iommu_c.prototype);
    Object.setPrototypeOf(iova, DERIVED.iova_c.prototype);
    Object.setPrototypeOf(iommu, DERIVED.iommu_c.prototype);
    if (virtio) Object.setPrototypeOf(driver, virtio_iommu_c.prototype);
    else Object.assign(driver, steppingDriver);
    Object.assign(io_buffer_pool, { dma_iommu });
    // What boot has put into work and timers calls generators: it is driven here.
    const pool = check_ptr(pool_of(this.domain), 'pool');
    const evictor = io_buffer_pool as unknown as Called;
    pool.evict_work.work.func = (work) => drive(evictor[`io_buffer_pool_evict${suffix}`]?.(work));
    const { iovad } = to_cookie(this.domain);
    const flusher = iova as unknown as Called;
    iovad.fq_timer.function = () => drive(flusher[`fq_flush_timeout${suffix}`]?.(iovad));
  }

  call(name: string, ...args: unknown[]): unknown {
    try {
      return drive(this.dma[name + this.suffix]?.(this.dev, ...args));
    } catch (error) {
      return String(error);
    }
  }

  /** All that can be seen of it. */
  state(): unknown {
    const { k } = this.wired;
    return [k.usage(), k.log.lines, k.timers.jiffies(), io_buffer_pool_stats(pool_of(this.domain))];
  }
}

const DIRECTIONS = [DMA_BIDIRECTIONAL, DMA_TO_DEVICE, DMA_FROM_DEVICE] as const;

/** One operation on a machine, with all that was drawn for it; returns what can be compared. */
type Operation = (machine: Machine) => unknown;

interface Live {
  readonly dir: dma_data_direction;
  readonly size: number;
  readonly of: Map<
    Machine,
    { readonly iova: number; readonly sg: ReturnType<typeof sg_array> | null }
  >;
}

function draw(r: random_source, live: Live[]): Operation {
  const kind = r.below(10);
  const dir = r.pick(DIRECTIONS);
  const p = r.below(8);
  const size = r.between(1, PAGE_SIZE - 200);
  const offset = r.below(200);
  const fill = r.below(256);
  if (kind < 3 || live.length === 0) {
    const made: Live = { dir, size, of: new Map() };
    live.push(made);
    return (m) => {
      const at = (m.pages[p] as page).pfn * PAGE_SIZE;
      m.wired.k.mm.ram.fill(fill, at, at + PAGE_SIZE);
      const iova = m.call('iommu_dma_map_page', m.pages[p], offset, size, dir, 0) as number;
      made.of.set(m, { iova, sg: null });
      return iova;
    };
  }
  if (kind < 5) {
    const made: Live = { dir, size, of: new Map() };
    live.push(made);
    return (m) => {
      const sg = sg_array(2);
      sg.forEach((one, i) => {
        sg_set_page(one, m.pages[(p + i) % 8] as page, size, offset);
      });
      const nents = m.call('iommu_dma_map_sg', sg[0], 2, dir, 0);
      made.of.set(m, { iova: Number(sg[0]?.dma_address), sg });
      return [nents, sg.map((one) => [one.dma_address, one.dma_length])];
    };
  }
  const pause = r.pick([1, 11, 2500, 5100]);
  if (kind === 5)
    return (m) => {
      m.wired.k.timers.advance(pause);
    };
  const one = live[r.below(live.length)] as Live;
  if (kind > 6) live.splice(live.indexOf(one), 1);
  return (m) => {
    const { iova, sg } = one.of.get(m) ?? { iova: 0, sg: null };
    const names = kind > 6 ? 'iommu_dma_unmap' : 'iommu_dma_sync';
    if (sg === null) {
      const name = kind > 6 ? `${names}_page` : `${names}_single_for_cpu`;
      return m.call(name, dma_addr_t(iova), one.size, one.dir, 0);
    }
    return m.call(kind > 6 ? `${names}_sg` : `${names}_sg_for_cpu`, sg[0], 2, one.dir, 0);
  };
}

describe('the derived forms', () => {
  it('are those of the sources', async () => {
    const { isCurrent } = (await import(join(__dirname, '../../tools/derive.mjs'))) as {
      isCurrent: () => boolean;
    };
    expect(isCurrent(), 'old: npm run compile makes them anew').to.equal(true);
  });

  const kinds: Record<string, Kind> = {
    'with a table driver': { strict: true, virtio: false },
    'with a flush queue': { strict: false, virtio: false },
    'with virtio-iommu': { strict: true, virtio: true },
  };
  for (const [title, kind] of Object.entries(kinds))
    it(`do what the port does, ${title} @long`, () => {
      for (let seed = SEED; seed < SEED + (LONG ? 40 : 2); seed++) {
        const r = random(seed);
        const live: Live[] = [];
        const port = new Machine(kind, 'port');
        const others = [new Machine(kind, 'generators'), new Machine(kind, '_now')];
        for (let n = 0; n < 150; n++) {
          const told = `SCHEDULE_SEED=${String(seed)}, operation ${String(n)}`;
          const operation = draw(r, live);
          const result = operation(port);
          for (const derived of others) {
            expect(operation(derived), told).to.eql(result);
            expect(derived.state(), told).to.eql(port.state());
            expect(Buffer.compare(derived.wired.k.mm.ram, port.wired.k.mm.ram), told).to.equal(0);
          }
        }
      }
    });
});
