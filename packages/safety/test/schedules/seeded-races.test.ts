// SPDX-License-Identifier: GPL-2.0-only
// Seeded races, each in the code of the series: all are found, by the detectors that are named;
// scenarios.test.ts has that the code as it is has none of them.

import { expect } from 'chai';
import { exploreSchedules, replaySchedule } from '@iommu-bounce/safety';
import { type Change, mutant } from './mutants';

const LONG = process.env['TEST_LONG'] === '1';

const LOCK =
  /\(this\.k\.rt\.irqOff\(\d+\) && \(yield\), this\.k\.rt\.lock\(klass\.lock, \d+\) && \(yield\), this\.k\.locks\.spin_lock_irqsave\(klass\.lock\)\)/;
const UNLOCK =
  /\(this\.k\.rt\.unlock\(klass\.lock, \d+\) && \(yield\), this\.k\.locks\.spin_unlock_irqrestore\(klass\.lock, flags\), this\.k\.rt\.irqOn\(flags, \d+\) && \(yield\)\);/;
const ANY_LOCK = /\(this\.k\.rt\.irqOff\([^;]*?spin_lock_irqsave\([\w.]*\)\)/;
const ANY_UNLOCK = /\(this\.k\.rt\.unlock\([^;]*?\(yield\)\);/;
const of = (one: RegExp, flags = ''): RegExp => new RegExp(one.source, flags);
/** The unlock, and everything from it on that matches, in the other order. */
const before = (what: string): RegExp => new RegExp(`(${what})([^]*?)(${UNLOCK.source})`);

interface Seeded {
  readonly title: string;
  readonly scenario: string;
  /** Kinds of failures, any of which will do: all are wanted. */
  readonly kinds: readonly string[];
  /** Default: the pool's. */
  readonly file?: 'iova' | 'virtio-iommu';
  readonly changes: readonly Change[];
}

const UNMAP = 'io_buffer_pool_unmap_buffer';
const MAP = 'io_buffer_pool_map_buffer';
const EVICT = '__io_buffer_pool_evict';

const SEEDED: readonly Seeded[] = [
  {
    title: 'no lock in unmap_buffer',
    scenario: 'same-permission',
    kinds: ['data-race'],
    changes: [
      { within: UNMAP, find: LOCK, put: '0' },
      { within: UNMAP, find: UNLOCK, put: '' },
    ],
  },
  {
    title: 'no lock around the search for a buffer',
    scenario: 'same-permission',
    kinds: ['data-race'],
    changes: [
      { within: MAP, find: of(LOCK), put: '0' },
      { within: MAP, find: of(UNLOCK, 'g'), put: '' },
    ],
  },
  {
    title: 'the unlock before the list_add of unmap_buffer',
    scenario: 'same-permission',
    kinds: ['data-race'],
    changes: [{ within: UNMAP, find: before('\\(this\\.k\\.rt\\.listAdd[^;]*;'), put: '$3 $1$2' }],
  },
  {
    title: 'orig_buffer cleared after the unlock',
    scenario: 'last-slot',
    kinds: ['data-race'],
    changes: [
      {
        within: UNMAP,
        find: before('\\(this\\.k\\.rt\\.w\\(slot, \\d+\\), slot\\.orig_buffer = null\\);'),
        put: '$2$3 $1',
      },
    ],
  },
  {
    title: 'old_cache_entry cleared after the unlock',
    scenario: 'evict',
    kinds: ['data-race'],
    changes: [
      {
        within: UNMAP,
        find: before('\\(this\\.k\\.rt\\.w\\(slot, \\d+\\), slot\\.old_cache_entry = false\\);'),
        put: '$2$3 $1',
      },
    ],
  },
  {
    title: 'the check for an empty slot outside of the lock',
    scenario: 'last-slot',
    kinds: ['oops', 'data-race'],
    changes: [
      {
        within: MAP,
        find: /let flags = /,
        put: 'const none = (this.k.rt.r(klass.empty_slots, 0), list_empty(klass.empty_slots)); let flags = ',
      },
      {
        within: MAP,
        find: /if \(\(this\.k\.rt\.r\(klass\.empty_slots, \d+\), list_empty\(klass\.empty_slots\)\)\)/,
        put: 'if (none)',
      },
    ],
  },
  {
    title: 'a buffer that stays in the cache while it is used',
    scenario: 'same-permission',
    kinds: ['data-race', 'list-corruption'],
    changes: [
      {
        within: MAP,
        find: /\(this\.k\.rt\.listDel\(slot\.list, \d+\), list_del\(slot\.list\)\);\s*break;/,
        put: 'break;',
      },
    ],
  },
  {
    title: 'the list_del of the eviction after its unlock',
    scenario: 'evict-two-rounds',
    kinds: ['data-race'],
    changes: [
      {
        within: EVICT,
        find: before(
          '\\(this\\.k\\.rt\\.listDel\\(slot\\.list, \\d+\\), list_del\\(slot\\.list\\)\\);',
        ),
        put: '$2$3 $1',
      },
    ],
  },
  {
    title: 'the list_add of the eviction before its lock',
    scenario: 'evict-two-rounds',
    kinds: ['data-race'],
    changes: [
      {
        within: EVICT,
        find: /(?<!let )(flags = \(this\.k\.rt\.irqOff[^;]*;)([^]*?)(if \(freed\)[^;]*;)/,
        put: '$3$2$1',
      },
    ],
  },
  {
    title: 'no lock in the eviction',
    scenario: 'evict',
    kinds: ['data-race'],
    changes: [
      { within: EVICT, find: of(LOCK, 'g'), put: '0' },
      { within: EVICT, find: of(UNLOCK, 'g'), put: '' },
    ],
  },
  {
    title: 'the work not cancelled at the end of the pool',
    scenario: 'teardown',
    kinds: ['use-after-free'],
    changes: [{ within: 'io_buffer_pool_destroy', find: /\(this\.k\.rt\.cancel\([^;]*;/, put: '' }],
  },
  {
    title: 'the work cancelled, but not waited for',
    scenario: 'teardown',
    kinds: ['use-after-free'],
    changes: [
      {
        within: 'io_buffer_pool_destroy',
        find: /this\.k\.rt\.wait(Begin|End)\(.*?, \d+\) && \(yield\), /g,
        put: '',
      },
    ],
  },
  {
    title: 'interrupts left on under the lock of map_buffer',
    scenario: 'interrupt',
    kinds: ['irq-unsafe-lock', 'deadlock'],
    changes: [
      {
        within: MAP,
        find: of(LOCK),
        put: '(this.k.rt.lock(klass.lock, 1) && (yield), this.k.locks.spin_lock(klass.lock), 0)',
      },
    ],
  },
  {
    title: 'an unlock forgotten where no slot is left',
    scenario: 'last-slot',
    kinds: ['lock-held', 'deadlock'],
    changes: [
      {
        within: MAP,
        find: new RegExp(`${UNLOCK.source}(\\s*return DMA_MAPPING_ERROR; // findings 30)`),
        put: '$1',
      },
    ],
  },
  {
    title: 'memory for a buffer that may sleep, in an interrupt',
    scenario: 'interrupt',
    kinds: ['sleep-in-atomic'],
    changes: [
      {
        within: 'io_buffer_pool_fill_slot',
        find: /GFP_ATOMIC,\s*\)\)/,
        put: 'GFP_ATOMIC | 0x400))',
      },
    ],
  },
  {
    title: 'pages freed before they are unmapped',
    scenario: 'late-device',
    kinds: ['device-sees-freed'],
    changes: [
      {
        within: 'io_buffer_pool_free_slot',
        find: /(const unmapped =[^;]*;)([^]*?)(\(yield\* this\.dma_iommu\.__iommu_dma_free_pages[^;]*;)/,
        put: '$3 $1$2',
      },
    ],
  },
  {
    title: 'a slot put back twice',
    scenario: 'evict-two-rounds',
    kinds: ['list-corruption'],
    changes: [
      {
        within: EVICT,
        find: /if \(freed\) (\(this\.k\.rt\.listAdd[^;]*;)/,
        put: 'if (freed) { $1 $1 }',
      },
    ],
  },
  {
    title: 'an unlock of what another CPU may hold',
    scenario: 'same-permission',
    kinds: ['unlock-elsewhere'],
    changes: [{ within: UNMAP, find: LOCK, put: '0' }],
  },
  {
    title: 'the depot locked before the magazines of a CPU',
    scenario: 'lazy',
    file: 'iova',
    kinds: ['lock-order'],
    changes: [
      {
        within: '__iova_rcache_insert',
        find: /const flags = /,
        put: '(this.k.rt.lock(rcache.lock, 1) && (yield), this.k.locks.spin_lock(rcache.lock)); const flags = ',
      },
      {
        within: '__iova_rcache_insert',
        find: /if \(mag_to_free\)/,
        put: '(this.k.rt.unlock(rcache.lock, 1) && (yield), this.k.locks.spin_unlock(rcache.lock)); if (mag_to_free)',
      },
    ],
  },
  {
    title: 'no lock around the search for addresses',
    scenario: 'virtio-direct',
    file: 'iova',
    kinds: ['data-race'],
    changes: [
      { within: '__alloc_and_insert_iova_range', find: ANY_LOCK, put: '0' },
      { within: '__alloc_and_insert_iova_range', find: of(ANY_UNLOCK, 'g'), put: '' },
    ],
  },
  {
    title: 'no lock around the flush queue in its timer',
    scenario: 'lazy',
    file: 'iova',
    kinds: ['oops'],
    changes: [
      { within: 'fq_flush_timeout', find: ANY_LOCK, put: '0' },
      { within: 'fq_flush_timeout', find: ANY_UNLOCK, put: '' },
    ],
  },
  {
    title: 'the timer of the flush queue not deleted at its end',
    scenario: 'lazy-teardown',
    file: 'iova',
    kinds: ['oops'],
    changes: [{ within: 'free_iova_flush_queue', find: /\(this\.k\.rt\.cancel\([^;]*;/, put: ';' }],
  },
  {
    title: 'no lock around the mappings of a domain',
    scenario: 'virtio-direct',
    file: 'virtio-iommu',
    kinds: ['data-race'],
    changes: [
      { within: 'viommu_add_mapping', find: ANY_LOCK, put: '0' },
      { within: 'viommu_add_mapping', find: ANY_UNLOCK, put: '' },
    ],
  },
  {
    title: 'no lock around a request',
    scenario: 'virtio-direct',
    file: 'virtio-iommu',
    kinds: ['oops'],
    changes: [
      { within: 'viommu_add_req', find: ANY_LOCK, put: '0' },
      { within: 'viommu_add_req', find: ANY_UNLOCK, put: '' },
    ],
  },
];

describe('a seeded race @long', () => {
  for (const { title, scenario, kinds, changes, file } of SEEDED)
    it(`is found: ${title}`, () => {
      const derived = mutant(file ?? 'io-buffer-pool', changes);
      const { failures } = exploreSchedules({
        scenario,
        derived,
        limit: LONG ? 2000 : 150,
      });
      const found = new Set(failures.map(({ kind }) => kind));
      expect(
        kinds.filter((kind) => !found.has(kind)),
        [...found].join(),
      ).to.eql([]);
      // The schedule shows it again.
      for (const { kind, what, schedule } of failures) {
        const told = replaySchedule(schedule, derived).failures;
        const again =
          ['irq-unsafe-lock', 'lock-order'].includes(kind) || told.some((one) => one.what === what);
        expect(again, `${schedule}: ${what}`).to.equal(true);
      }
    });
});
