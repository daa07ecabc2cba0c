// SPDX-License-Identifier: GPL-2.0-only
// The kit on a correct implementation, on one that is broken in one way at a time, and on the port.

import { expect } from 'chai';
import {
  CONFORMANCE_RULES,
  type CpuRange,
  type DmaDirection,
  type DmaSubject,
  conformance,
  portSubject,
} from '@iommu-bounce/safety';
import { type PresetName, preset, presetInfo } from '@iommu-bounce/simulation';
import { FEW_PAGES, policyNamed } from '../oracle/scenario';
import { BounceSubject } from './bounce-subject';

function failing(make: () => DmaSubject): string[] {
  return conformance(make)
    .rules.filter(({ holds }) => !holds)
    .map(({ id }) => id);
}

/** Memory itself, at addresses that are its own: nothing is checked, nothing is copied. */
class DirectSubject extends BounceSubject {
  override map_page(address: number): number {
    return address;
  }
  override unmap_page(): void {
    // nothing to do
  }
  override map_sg(pieces: readonly CpuRange[]): { dma: number; bytes: number }[] {
    return pieces.map(({ address, bytes }) => ({ dma: address, bytes }));
  }
  override sync_single_for_cpu(): void {
    // nothing to do
  }
  override sync_single_for_device(): void {
    // nothing to do
  }
  override alloc_coherent(bytes: number): { address: number; dma: number } | null {
    const made = super.alloc_coherent(bytes);
    return made && { address: made.address, dma: made.address };
  }
  override free_coherent(): void {
    this.windows.clear();
  }
  override deviceRead(dma: number, bytes: number): Uint8Array {
    return this.ram.slice(dma, dma + bytes);
  }
  override deviceWrite(dma: number, data: Uint8Array): boolean {
    this.ram.set(data, dma);
    return true;
  }
}

/** What is spoiled, the rules that find it, and how. */
const SPOILED: readonly (readonly [string, readonly string[], () => DmaSubject])[] = [
  [
    'forgets to copy back',
    ['from-device', 'list', 'short-transfer', 'unmap-write'],
    () =>
      new (class extends BounceSubject {
        override unmap_page(dma: number): void {
          this.close(dma);
        }
      })(),
  ],
  [
    'forgets to copy in what the device reads',
    ['to-device', 'list', 'sync', 'short-transfer', 'no-write', 'unmap-checked'],
    () =>
      new (class extends BounceSubject {
        protected override copyIn(): void {
          // nothing is copied
        }
        override unmap_page(dma: number, _bytes: number, _direction: DmaDirection): void {
          this.copyBack(dma);
          this.close(dma);
        }
      })(),
  ],
  [
    'copies nothing at a sync',
    ['sync', 'cpu-owns', 'unmap-checked'],
    () =>
      new (class extends BounceSubject {
        override sync_single_for_cpu(): void {
          // nothing is copied
        }
        override sync_single_for_device(): void {
          // nothing is copied
        }
      })(),
  ],
  [
    'does not clear a buffer, and copies all of it back',
    ['short-transfer'],
    () =>
      new (class extends BounceSubject {
        protected override open(
          pieces: readonly CpuRange[],
          direction: DmaDirection,
          isCoherent: boolean,
        ): number {
          const dma = super.open(pieces, direction, isCoherent);
          if (direction === 'from') this.find(dma, 1)?.data.fill(7);
          return dma;
        }
      })(),
  ],
  [
    'copies again at the unmap what the driver has looked at',
    ['unmap-checked'],
    () =>
      new (class extends BounceSubject {
        override unmap_page(dma: number, _bytes: number, direction: DmaDirection): void {
          if (direction !== 'to') this.copyBack(dma);
          this.close(dma);
        }
      })(),
  ],
  [
    'turns a list around',
    ['list'],
    () =>
      new (class extends BounceSubject {
        override map_sg(pieces: readonly CpuRange[], direction: DmaDirection) {
          return super.map_sg([...pieces].reverse(), direction);
        }
      })(),
  ],
  [
    'gives the same address twice',
    ['addresses'],
    () =>
      new (class extends BounceSubject {
        override map_page(address: number, bytes: number, direction: DmaDirection) {
          super.map_page(address, bytes, direction);
          this.next -= 2 ** 24;
          return this.next;
        }
      })(),
  ],
  [
    'does not clear coherent memory',
    ['coherent'],
    () =>
      new (class extends BounceSubject {
        override alloc_coherent(bytes: number) {
          const made = super.alloc_coherent(bytes);
          if (made) this.ram.fill(9, made.address, made.address + bytes);
          return made;
        }
      })(),
  ],
  [
    'keeps the buffer of a list',
    ['leaks'],
    () =>
      new (class extends BounceSubject {
        override unmap_sg(
          _pieces: readonly CpuRange[],
          segments: readonly { readonly dma: number }[],
          direction: DmaDirection,
        ): void {
          for (const { dma } of segments) if (direction !== 'to') this.copyBack(dma);
        }
      })(),
  ],
  [
    'lets a device read what it may only write',
    ['no-read'],
    () =>
      new (class extends BounceSubject {
        override deviceRead(dma: number, bytes: number): Uint8Array | null {
          const found = this.find(dma, bytes);
          if (found?.mayRead !== false) return super.deviceRead(dma, bytes);
          return found.data.slice(dma % 2 ** 24, (dma % 2 ** 24) + bytes);
        }
      })(),
  ],
  [
    'lets a device change what it may only read',
    ['no-write', 'unmap-checked'],
    () =>
      new (class extends BounceSubject {
        override unmap_page(dma: number): void {
          this.copyBack(dma);
          this.close(dma);
        }
        override deviceWrite(dma: number, data: Uint8Array): boolean {
          const found = this.find(dma, data.length);
          if (found?.mayWrite) return super.deviceWrite(dma, data);
          found?.data.set(data, dma % 2 ** 24);
          return found !== null;
        }
      })(),
  ],
  [
    'maps whole pages',
    ['neighbours-read', 'neighbours-write'],
    () =>
      new (class extends BounceSubject {
        override map_page(address: number, bytes: number, direction: DmaDirection) {
          const start = address - (address % 4096);
          const end = Math.ceil((address + bytes) / 4096) * 4096;
          const dma = super.map_page(start, end - start, direction);
          return dma === null ? null : dma + (address - start);
        }
        override unmap_page(dma: number, bytes: number, direction: DmaDirection): void {
          super.unmap_page(dma - (dma % 2 ** 24), bytes, direction);
        }
      })(),
  ],
  [
    'keeps the buffer mapped after the unmap, with what was in it',
    ['leaks', 'residue', 'free'],
    () =>
      new (class extends BounceSubject {
        protected override close(dma: number): void {
          const window = this.windows.get(dma);
          if (window) this.windows.set(dma, { ...window, mayWrite: false });
        }
        override held(): number {
          return this.windows.size;
        }
      })(),
  ],
  [
    'protects nothing',
    [
      ...['leaks', 'no-read', 'no-write', 'neighbours-read', 'neighbours-write'],
      ...['unmap-write', 'unmap-read', 'residue', 'cpu-owns', 'unmap-checked', 'free'],
    ].filter((id) => id !== 'leaks'),
    () => new DirectSubject(),
  ],
  [
    'throws',
    CONFORMANCE_RULES.map(({ id }) => id),
    () => {
      throw new Error('no device');
    },
  ],
];

describe('conformance', () => {
  it('finds nothing wrong with the simplest implementation', () => {
    const { correct, sinceV517, protects, rules } = conformance(() => new BounceSubject());
    expect(rules.filter(({ holds }) => !holds)).to.deep.equal([]);
    expect([correct, sinceV517, protects]).to.deep.equal([true, true, true]);
    expect(rules.map(({ id }) => id)).to.deep.equal(CONFORMANCE_RULES.map(({ id }) => id));
  });

  for (const [what, rules, make] of SPOILED)
    it(`finds one that ${what}: ${rules.length > 9 ? `${String(rules.length)} rules` : rules.join(', ')}`, () => {
      expect(failing(make)).to.deep.equal(rules);
    });

  it('calls swiotlb of v5.13 correct, which copies nothing in for a device that only writes', () => {
    class OldSwiotlb extends BounceSubject {
      /** The one buffer that is used again and again, with what was in it. */
      private readonly old = new Uint8Array(2 ** 16).fill(7);

      protected override open(
        pieces: readonly CpuRange[],
        direction: DmaDirection,
        isCoherent: boolean,
      ): number {
        const dma = super.open(pieces, direction, isCoherent);
        const data = this.find(dma, 1)?.data;
        if (direction === 'from') data?.set(this.old.subarray(0, data.length));
        return dma;
      }
    }
    const { correct, sinceV517, rules } = conformance(() => new OldSwiotlb());
    expect([correct, sinceV517]).to.deep.equal([true, false]);
    expect(rules.filter(({ holds }) => !holds).map(({ id, kind }) => [id, kind])).to.deep.equal([
      ['short-transfer', 'since-v5.17'],
    ]);
  });

  it('says of one that forgets to copy back that drivers break', () => {
    const { correct, sinceV517 } = conformance(SPOILED[0]?.[2] ?? (() => new BounceSubject()));
    expect([correct, sinceV517]).to.deep.equal([false, false]);
  });

  it('has a rule for each way in which one can be broken', () => {
    const found = new Set(SPOILED.slice(0, -1).flatMap(([, rules]) => rules));
    expect(CONFORMANCE_RULES.map(({ id }) => id).filter((id) => !found.has(id))).to.deep.equal([]);
  });

  it('says what was seen', () => {
    const { rules } = conformance(SPOILED[0]?.[2] ?? (() => new BounceSubject()));
    expect(rules.find(({ id }) => id === 'from-device')?.evidence).to.match(
      /^4096 bytes at 0 of a page, from: \d+ of 4096 bytes differ, the first at 0$/,
    );
  });
});

/** What each policy breaks. Page granularity leaves neighbours open; the pool keeps what was in its buffers. */
const PORT: Readonly<Record<string, readonly string[]>> = {
  none: [
    ...['no-read', 'no-write', 'neighbours-read', 'neighbours-write'],
    ...['unmap-write', 'unmap-read', 'residue', 'cpu-owns', 'unmap-checked', 'free'],
  ],
  strict: ['neighbours-read', 'neighbours-write', 'cpu-owns', 'unmap-checked'],
  lazy: [
    ...['neighbours-read', 'neighbours-write', 'unmap-write', 'unmap-read', 'residue'],
    ...['cpu-owns', 'unmap-checked', 'free'],
  ],
  // What fills its pages is not copied.
  'swiotlb-untrusted': ['cpu-owns', 'unmap-checked'],
  pool: ['short-transfer', 'residue', 'unmap-checked'],
  'pool+copy-in,zero-slack,zero-fill': ['residue', 'unmap-checked'],
};

const LONG = process.env['TEST_LONG'] === '1';
const PRESETS: readonly PresetName[] = LONG
  ? ['laptop-virtio', 'bare-metal-vtd']
  : ['bare-metal-vtd'];
/** Between them they break each rule that any breaks. */
const FEW = ['lazy', 'pool'];

describe('the port @long', () => {
  for (const name of PRESETS)
    for (const [policy, rules] of Object.entries(PORT).filter(([p]) => LONG || FEW.includes(p)))
      it(`under ${policy} on ${name} breaks ${rules.join(', ')}`, () => {
        const platform = { iommu: presetInfo(name).iommu, cost: preset(name) };
        expect(failing(() => portSubject(policyNamed(policy), platform, FEW_PAGES))).to.deep.equal(
          rules,
        );
      });
});
