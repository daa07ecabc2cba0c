// SPDX-License-Identifier: GPL-2.0-only
// Random operations on every kind of machine agree with the reference, and what is broken on purpose is found.

import { expect } from 'chai';
import {
  TranscriptRun,
  mismatchOf,
  type overlays,
  parseTranscript,
  replay,
  replayTranscript,
} from '@iommu-bounce/integration';
import { type device, U64_MAX, list_for_each_entry } from '@iommu-bounce/linux-shim';
import {
  VIRTIO_IOMMU_T_DETACH,
  VIRTIO_IOMMU_T_UNMAP,
  dev_iommu_priv_get,
  iova_c,
  interval_tree_insert,
  interval_tree_iter_first,
  interval_tree_remove,
  type iommu_domain,
  type iommu_group,
  to_viommu_domain,
  type viommu_dev,
  type viommu_domain,
  type viommu_endpoint,
  virtio_buf,
  virtio_iommu_c,
  virtio_iommu_req_detach,
  virtio_iommu_req_unmap,
} from '@iommu-bounce/iommu-core';
import type { dma_iommu_c } from '@iommu-bounce/dma-iommu';
import { io_buffer_pool_c } from '@iommu-bounce/io-buffer-pool';
import { type ModelFailure, checkModel } from '@iommu-bounce/safety';

const LONG = process.env['TEST_LONG'] === '1';
const [SEED, OPERATIONS] = LONG ? [161_685_657, 40_000] : [20210707, 20_000];
/** Finds each mutant early, which is then shrunk from less. */
const MUTANT_SEED = 2;

/** Methods that TypeScript keeps to itself. */
type Loose = new (
  ...args: ConstructorParameters<typeof io_buffer_pool_c>
) => Record<string, (...args: unknown[]) => unknown>;

/** The pool with one method changed. */
function broken(
  method: string,
  change: (original: (...args: unknown[]) => unknown, args: unknown[]) => unknown,
): typeof io_buffer_pool_c {
  const base = io_buffer_pool_c as unknown as Loose;
  const made = class extends base {};
  made.prototype[method] = function (this: unknown, ...args: unknown[]) {
    const original = (base.prototype as Record<string, (...a: unknown[]) => unknown>)[method];
    return change((...given) => original?.apply(this, given), args);
  };
  return made as unknown as typeof io_buffer_pool_c;
}

/** The search for one mutant takes a second or two: `npm test` has the first pool, the first driver, and those of rarities.test.ts. */
const whole = (i: number): string => (i === 0 ? '' : ' @long-only');

const MUTANTS: readonly (readonly [string, typeof io_buffer_pool_c, RegExp])[] = [
  [
    'maps all buffers read-write',
    broken('io_buffer_pool_map_buffer', (original, [pool, orig, size, prot, attrs]) =>
      original(pool, orig, size, (prot as number) | 3, attrs),
    ),
    /^the driver is to map with rwc?, expected /,
  ],
  [
    'does not copy back what a list is written',
    broken('io_buffer_pool_sync_sg', (original, args) =>
      args[4] === true ? undefined : original(...args),
    ),
    /other bytes/,
  ],
  [
    'copies a byte too few of what is larger than a page',
    broken('io_buffer_pool_do_sync', (original, args) => {
      const size = args[6] as number;
      return original(...args.slice(0, 6), size > 4096 ? size - 1 : size, ...args.slice(7));
    }),
    /other bytes/,
  ],
  [
    'caches all buffers as read-write',
    broken('io_buffer_class_get_cache', (original, [klass]) => original(klass, 3)),
    /another permission/,
  ],
  [
    'gives up buffers when it evicts',
    broken('io_buffer_pool_free_slot', () => false),
    /pages are in use at the end/,
  ],
];

describe('checkModel', () => {
  it(`finds nothing in ${String(OPERATIONS)} operations of all states, seed ${String(SEED)} @long`, function () {
    this.timeout(400_000);
    const { failure, operations, runs } = checkModel({ seed: SEED, operations: OPERATIONS });
    expect(failure).to.equal(null);
    expect(operations).to.be.at.least(OPERATIONS);
    expect(runs).to.be.greaterThan(20);
  });

  const failureOf = (mutant: typeof io_buffer_pool_c): ModelFailure | null =>
    checkModel({
      ...{ seed: MUTANT_SEED, operations: 20_000, stage: 4 },
      overlays: { io_buffer_pool: mutant },
    }).failure;
  /** Each mutant is searched once, for whichever test asks first. */
  const known = new Map<typeof io_buffer_pool_c, ModelFailure | null>();
  const firstFailureOf = (mutant: typeof io_buffer_pool_c): ModelFailure | null => {
    if (!known.has(mutant)) known.set(mutant, failureOf(mutant));
    return known.get(mutant) ?? null;
  };

  for (const [i, [what, mutant, expected]] of MUTANTS.entries())
    it(`finds a pool that ${what}, with a short transcript${whole(i)}`, function () {
      this.timeout(400_000);
      const overlays = { io_buffer_pool: mutant };
      const failure = firstFailureOf(mutant);
      expect(failure?.what).to.match(expected);
      expect(failure?.operations).to.be.lessThan(40);
      // On the broken pool it goes as recorded, up to the end.
      const run = new TranscriptRun(parseTranscript(failure?.transcript ?? ''), { overlays });
      while (run.transcript.ops.length - run.at > 1) expect(mismatchOf(run.step())).to.equal(null);
    });

  it('writes transcripts whose last line is what should have been seen @long-only', () => {
    const overlays = { io_buffer_pool: MUTANTS[1]?.[1] ?? io_buffer_pool_c };
    const failure = failureOf(overlays.io_buffer_pool);
    expect(firstFailureOf(overlays.io_buffer_pool)).to.deep.equal(failure);
    const run = new TranscriptRun(parseTranscript(failure?.transcript ?? ''), { overlays });
    let last = null;
    while (run.next) last = mismatchOf(run.step());
    expect(last).to.include({ line: run.at + 1, field: 'crc32' });
    // The port as it is does as the last line says.
    expect(replayTranscript(failure?.transcript ?? '').mismatch).to.satisfy(
      (mismatch: { line: number } | null) => mismatch === null || mismatch.line <= run.at + 1,
    );
  });

  it('finds addresses that are never freed, on either IOMMU, with a short transcript that shows it @long-only', function () {
    this.timeout(400_000);
    // Of what is longer than a page.
    const overlays: overlays = {
      dma_iommu: (unit) =>
        class extends (unit as typeof dma_iommu_c) {
          override __iommu_dma_free_iova(
            ...args: Parameters<dma_iommu_c['__iommu_dma_free_iova']>
          ): void {
            if (args[2] <= 4096) super.__iommu_dma_free_iova(...args);
          }
        },
    };
    for (const driver of ['table', 'virtio'] as const) {
      const options = { seed: MUTANT_SEED, operations: 20_000, driver, overlays };
      const { failure } = checkModel(options);
      expect(failure?.what, driver).to.match(/^\d+ ranges of addresses are in use at the end/);
      expect(failure?.operations).to.be.lessThan(20);
      const transcript = parseTranscript(failure?.transcript ?? '');
      expect(replay(transcript).mismatch).to.equal(null);
      expect(replay(transcript, { overlays }).mismatch).to.include({
        line: transcript.ops.length + 1,
        field: 'iovas_in_use',
      });
    }
  });

  /** Changes that no data shows, only addresses, permissions and lists. */
  const SUBTLE: readonly (readonly [string, overlays, RegExp])[] = [
    [
      'says that the caches see what every device does',
      {
        dma_iommu: (unit) =>
          class extends (unit as typeof dma_iommu_c) {
            protected override dma_info_to_prot(
              ...[dir, , attrs]: Parameters<dma_iommu_c['dma_info_to_prot']>
            ): number {
              return super.dma_info_to_prot(dir, true, attrs);
            }
          },
      },
      /^the driver is to map with [rw]+c, expected [rw]+$/,
    ],
    [
      'gives an address back before its translation is flushed',
      {
        iova: class extends iova_c {
          override queue_iova(...[iovad, pfn, pages]: Parameters<iova_c['queue_iova']>): void {
            this.free_iova_fast(iovad, pfn, pages);
          }
        },
      },
      /^an address is used again before its last translation is flushed/,
    ],
    [
      'does not align addresses',
      {
        iova: class extends iova_c {
          override alloc_iova(
            ...[iovad, size, limit]: Parameters<iova_c['alloc_iova']>
          ): ReturnType<iova_c['alloc_iova']> {
            return super.alloc_iova(iovad, size, limit, false);
          }
        },
      },
      /^coherent memory is at 0x[0-9a-f]+, expected a multiple of /,
    ],
    [
      'finds no address where one is free',
      {
        iova: class extends iova_c {
          override free_iova_fast(...[iovad, pfn, n]: Parameters<iova_c['free_iova_fast']>): void {
            super.free_iova_fast(iovad, pfn, n > 1 ? 2 * n : 1);
          }
        },
      },
      /^a (list|page) is not mapped though nothing failed/,
    ],
    [
      'keeps addresses of a domain that goes',
      {
        iova: class extends iova_c {
          override put_iova_domain(): void {
            // Nothing is freed.
          }
        },
      },
      /^\d+ allocations are left at the end/,
    ],
    [
      'never evicts',
      { io_buffer_pool: broken('io_buffer_pool_evict', () => undefined) },
      /^buffers are cached 16 s after their last use/,
    ],
  ];
  for (const [what, overlays, expected] of SUBTLE)
    it(`finds a kernel that ${what}, with a transcript that shows it @long-only`, function () {
      this.timeout(400_000);
      const { failure } = checkModel({
        ...{ seed: MUTANT_SEED, operations: 20_000, stage: 4 },
        overlays,
      });
      expect(failure?.what).to.match(expected);
      expect(failure?.operations).to.be.lessThan(30);
      const transcript = parseTranscript(failure?.transcript ?? '');
      expect(replay(transcript, { overlays }).mismatch).to.include({
        line: transcript.ops.length + 1,
      });
    });

  it('finds a driver that keeps what it has of a device that is pulled out, with a transcript that shows it @long-only', () => {
    class Keeps extends virtio_iommu_c {
      protected override viommu_release_device(): void {
        // Nothing is freed.
      }
    }
    const overlays = { virtio_iommu: Keeps };
    const options = { seed: MUTANT_SEED, operations: 20_000, driver: 'virtio', overlays } as const;
    const { failure } = checkModel(options);
    expect(failure?.what).to.match(/^a device that goes gives back 0 allocations, expected 1/);
    const transcript = parseTranscript(failure?.transcript ?? '');
    expect(replay(transcript).mismatch).to.equal(null);
    expect(replay(transcript, { overlays }).mismatch).to.include({
      line: transcript.ops.length + 1,
      field: 'allocations',
    });
  });

  describe('on virtio-iommu', () => {
    /** Says that it has unmapped what it never sends. */
    class Lost extends virtio_iommu_c {
      protected override viommu_unmap(
        ...[domain, iova, size]: Parameters<virtio_iommu_c['unmap']>
      ): number {
        return this.viommu_del_mappings(to_viommu_domain(domain), iova, size);
      }
    }
    /** The device keeps the last page of each larger range. */
    class Short extends virtio_iommu_c {
      protected override viommu_add_req(viommu: viommu_dev, req: virtio_buf, len: number): number {
        if (req.view.getUint32(0, true) === VIRTIO_IOMMU_T_UNMAP) {
          const [from, to] = [
            virtio_iommu_req_unmap.virt_start,
            virtio_iommu_req_unmap.virt_end,
          ].map((at) => Number(req.view.getBigUint64(at, true))) as [number, number];
          if (to - from >= 8192)
            req.view.setBigUint64(virtio_iommu_req_unmap.virt_end, BigInt(to - 4096), true);
        }
        return super.viommu_add_req(viommu, req, len);
      }
    }

    /** Has a domain that is attached again without its first mapping. */
    class Replays extends virtio_iommu_c {
      protected override viommu_replay_mappings(vdomain: viommu_domain): number {
        const first = interval_tree_iter_first(vdomain.mappings, 0, U64_MAX);
        if (first) interval_tree_remove(first, vdomain.mappings);
        const ret = super.viommu_replay_mappings(vdomain);
        if (first) interval_tree_insert(first, vdomain.mappings);
        return ret;
      }
    }
    /** Attaches the first device of a domain only. */
    class First extends virtio_iommu_c {
      protected override viommu_attach_dev(domain: iommu_domain, dev: device): number {
        return to_viommu_domain(domain).nr_endpoints > 0 ? 0 : super.viommu_attach_dev(domain, dev);
      }
    }
    /** Detaches the others of the group when a device goes, and they have mappings. */
    class Others extends virtio_iommu_c {
      protected override viommu_release_device(dev: device): void {
        const { vdomain, viommu } = dev_iommu_priv_get(dev) as viommu_endpoint;
        const group = dev.iommu_group as iommu_group | null;
        for (const { dev: one } of group ? list_for_each_entry(group.devices) : []) {
          if (!one || one === dev || !vdomain || !viommu) continue;
          if (!interval_tree_iter_first(vdomain.mappings, 0, U64_MAX)) continue;
          const req = new virtio_buf(virtio_iommu_req_detach.sizeof);
          req.view.setUint32(0, VIRTIO_IOMMU_T_DETACH, true);
          req.view.setUint32(virtio_iommu_req_detach.domain, vdomain.id, true);
          const [id = 0] = this.dev_iommu_fwspec_get(one)?.ids ?? [];
          req.view.setUint32(virtio_iommu_req_detach.endpoint, id, true);
          this.viommu_send_req_sync(viommu, req, virtio_iommu_req_detach.sizeof);
        }
        super.viommu_release_device(dev);
      }
    }

    for (const [i, [what, driver]] of (
      [
        ['keeps a page pinned', Lost],
        ['unmaps a page less of what is larger', Short],
        ['does not replay all when a group comes back', Replays],
        ['gives a device that is plugged in nothing of its domain', First],
        ['detaches others of the group when a device is pulled out', Others],
      ] as const
    ).entries())
      it(`finds a driver that ${what}, with a short transcript that shows it${whole(i)}`, () => {
        const overlays = { virtio_iommu: driver };
        const { failure } = checkModel({
          ...{ seed: MUTANT_SEED, operations: 20_000, driver: 'virtio' },
          overlays,
        });
        expect(failure?.what).to.match(/^VFIO holds \d+ pages, expected \d+: /);
        expect(failure?.operations).to.be.lessThan(25);
        const transcript = parseTranscript(failure?.transcript ?? '');
        expect(transcript.header.driver).to.equal('virtio');
        // The driver as it is agrees with what is expected; this one does not, in the last line.
        expect(replay(transcript).mismatch).to.equal(null);
        expect(replay(transcript, { overlays }).mismatch).to.include({
          line: transcript.ops.length + 1,
          field: 'pinned_pages',
        });
      });
  });

  it('refuses options that it does not have', () => {
    expect(() => checkModel({ seed: 1, operations: 0 })).to.throw(/operations is 0/);
    expect(() =>
      checkModel({ seed: 1, operations: 1, overlays: { virtio_iommu: virtio_iommu_c } }),
    ).to.throw(/changes nothing on a table, expected driver 'virtio'/);
    expect(() => checkModel({ seed: 1.5, operations: 1 })).to.throw(/seed is 1.5/);
  });
});
