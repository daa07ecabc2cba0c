// SPDX-License-Identifier: GPL-2.0-only
// Which mapping an unmap or a sync is paired with, where the address alone does not tell.

import { expect } from 'chai';
import { type CaptureAccount, newMapping } from '../../src';
import { AddressIndex } from '../../src/calls/address-index';
import { Capture, NIC } from './account-of';

const MEMORY = 0x6000_0000;
const IOVA = 0xff00_0000;

/** At its physical address, as without a translation. */
const here = (dir: string): { dir: string; phys: number } => ({ dir, phys: MEMORY });

function expectNothingWrong(account: CaptureAccount): void {
  const { unmaps, straySyncs, neverUnmapped } = account;
  expect(unmaps.firstDifferent).to.deep.equal([]);
  expect(unmaps).to.include({ different: 0, second: 0, notMapped: 0 });
  expect(straySyncs.count).to.equal(0);
  expect(neverUnmapped.sorted()).to.have.lengthOf(0);
}

describe('Pairing: the unmap of a list from before the capture', () => {
  it('has the iommu:unmap that is logged after it', () => {
    const { assembler } = new Capture()
      .list('unmap', IOVA, [0x5000, 0x9000])
      .iommuUnmap(IOVA, 2 * 4096)
      .read();
    expect(assembler.counts).to.include({ unpairedUnmaps: 1, iommuUnmaps: 1, matchedUnmaps: 1 });
    expect(assembler.reconstructed).to.include({ unmapsWithoutMap: 0 });
  });

  it('leaves that of another call to it, where no IOMMU translates the list', () => {
    const { assembler, steps } = new Capture()
      .iommuMap(IOVA, 2 * 4096)
      .map(IOVA, 2 * 4096)
      .list('unmap', MEMORY, [MEMORY, MEMORY + 0x2000])
      .iommuUnmap(IOVA, 2 * 4096)
      .unmap(IOVA, 2 * 4096)
      .list('unmap', MEMORY, [MEMORY, MEMORY + 0x2000])
      .iommuUnmap(IOVA + 0x10000)
      .read();
    // The last one is too short for the list.
    expect(assembler.counts).to.include({ iommuUnmaps: 2, matchedUnmaps: 1 });
    const unmap = steps.find((step) => step.kind === 'unmap' && step.mapping !== null);
    expect(unmap).to.have.property('recorded').with.length(1);
  });
});

describe('Pairing: memory that is mapped twice without a translation', () => {
  it('takes the mapping of the size that is unmapped', () => {
    const capture = new Capture()
      .map(MEMORY, 512, here('TO_DEVICE'))
      .map(MEMORY, 1448, here('TO_DEVICE'))
      .unmap(MEMORY, 512, here('TO_DEVICE'))
      .unmap(MEMORY, 1448, here('TO_DEVICE'));
    expectNothingWrong(capture.account());
  });

  it('takes the mapping of the direction that is unmapped', () => {
    const capture = new Capture()
      .map(MEMORY, 512, here('BIDIRECTIONAL'))
      .map(MEMORY, 512, here('TO_DEVICE'))
      .unmap(MEMORY, 512, here('BIDIRECTIONAL'))
      .unmap(MEMORY, 512, here('TO_DEVICE'));
    expectNothingWrong(capture.account());
  });

  it('takes the mapping of the call that is undone', () => {
    const capture = new Capture()
      .map(MEMORY, 4096, here('TO_DEVICE'))
      .list('map', MEMORY, [MEMORY])
      .unmap(MEMORY, 4096, here('TO_DEVICE'))
      .list('unmap', MEMORY, [MEMORY]);
    expectNothingWrong(capture.account());
  });

  it('takes the list of the direction that is unmapped', () => {
    const capture = new Capture()
      .list('map', MEMORY, [MEMORY], 'FROM_DEVICE')
      .list('map', MEMORY, [MEMORY], 'TO_DEVICE')
      .list('unmap', MEMORY, [MEMORY], 'TO_DEVICE')
      .list('unmap', MEMORY, [MEMORY], 'FROM_DEVICE');
    expectNothingWrong(capture.account());
  });

  it('tells an unmap that fits neither by the one that it fits best', () => {
    const { unmaps } = new Capture()
      .map(MEMORY, 512, here('TO_DEVICE'))
      .map(MEMORY, 1448, here('FROM_DEVICE'))
      .unmap(MEMORY, 1500, here('TO_DEVICE'))
      .account();
    expect(unmaps.firstDifferent).to.have.lengthOf(1);
    expect(unmaps.firstDifferent[0]?.what).to.deep.equal(['size']);
    expect(unmaps.firstDifferent[0]?.map.size).to.equal(512);
  });

  it('syncs the mapping that holds the range and goes that way', () => {
    const capture = new Capture()
      .map(MEMORY, 4096, here('TO_DEVICE'))
      .map(MEMORY + 0x800, 256, { dir: 'FROM_DEVICE', phys: MEMORY + 0x800 })
      .line(`dma_sync_single_for_cpu: ${NIC} dir=FROM_DEVICE dma_addr=60000840 size=64`)
      .line(`dma_sync_single_for_device: ${NIC} dir=TO_DEVICE dma_addr=60000800 size=256`);
    const synced = capture
      .read()
      .steps.flatMap((step) => (step.kind === 'sync' ? [step.mapping.place.line] : []));
    expect(synced).to.deep.equal([2, 1]);
  });
});

describe('Pairing: lists', () => {
  const pages = (n: number): number[] => Array.from({ length: n }, (_, i) => MEMORY + i * 0x2000);
  const words = (all: readonly number[]): string =>
    `{${all.map((one) => `0x${one.toString(16)}`).join(',')}}`;
  const mapCut = (capture: Capture, n: number): Capture =>
    capture.line(
      `dma_map_sg: ${NIC} dir=TO_DEVICE nents=128/${String(n)} ents=1/1 [TRUNCATED] dma_addrs={0xff000000} sizes={0x${(n * 4096).toString(16)}} phys_addrs=${words(pages(n).slice(0, 128))} attrs=`,
    );

  it('pairs a list of which the map printed 128 entries with its unmap, which prints all', () => {
    const capture = new Capture();
    for (let round = 0; round < 3; round++) mapCut(capture, 200).list('unmap', IOVA, pages(200));
    expectNothingWrong(capture.account());
    expect(capture.read().assembler.counts).to.include({ superseded: 0, unpairedUnmaps: 0 });
  });

  it('pairs it, too, where the map prints no counts', () => {
    const capture = new Capture()
      .line(
        `dma_map_sg: ${NIC} dir=TO_DEVICE dma_addrs={0xff000000} sizes={0xc8000} phys_addrs=${words(pages(128))} attrs=`,
      )
      .list('unmap', IOVA, pages(200));
    expectNothingWrong(capture.account());
  });

  it('tells such a list that is unmapped with other entries by their counts', () => {
    const { unmaps } = mapCut(new Capture(), 200).list('unmap', IOVA, pages(150)).account();
    expect(unmaps.firstDifferent[0]?.what).to.deep.equal(['entries']);
    expect(unmaps.firstDifferent[0]?.map.entries).to.equal(200);
    expect(unmaps.firstDifferent[0]?.unmap.entries).to.equal(150);
  });

  it('takes no list for another that differs in the middle', () => {
    const [a, b, c] = [MEMORY, MEMORY + 0x2000, MEMORY + 0x4000];
    const { unmaps } = new Capture()
      .list('map', IOVA, [a, b, c])
      .list('unmap', IOVA, [a, b, c])
      .list('unmap', IOVA, [a, MEMORY + 0x8000, c])
      .list('unmap', IOVA, [a, b, c])
      .account();
    expect(unmaps).to.include({ different: 0, second: 1, notMapped: 1 });
  });

  it('takes a list for a part of another only if all its entries are', () => {
    const [a, b, c] = [MEMORY, MEMORY + 0x2000, MEMORY + 0x4000];
    const { unmaps } = new Capture()
      .list('map', IOVA, [a, b, c])
      .list('unmap', IOVA, [a, MEMORY + 0x9000])
      .list('unmap', IOVA, [a, b])
      .account();
    expect(unmaps.differentIn.entries).to.equal(1);
    expect(unmaps.firstDifferent[0]?.place.line).to.equal(3);
    expect(unmaps.notMapped).to.equal(1);
  });
});

describe('Pairing: pieces of dma_iova_link', () => {
  const two = (): Capture =>
    new Capture().piece(IOVA, 0, MEMORY).piece(IOVA, 4096, MEMORY + 0x3000);
  const unlink = (capture: Capture, offset: number, size = 4096): Capture =>
    capture
      .probe('unlink', IOVA, `offset=${String(offset)} size=${String(size)} dir=1 attrs=0`)
      .iommuUnmap(IOVA + offset, size);

  it('ends a mapping when all its pieces are unlinked', () => {
    const capture = two().probe('sync', IOVA, 'offset=0 size=8192');
    const account = unlink(unlink(capture, 4096), 0).account();
    expectNothingWrong(account);
    expect(account.iommu.unmaps.withoutCall).to.equal(0);
  });

  it('keeps it while a piece is linked', () => {
    const account = unlink(two().probe('sync', IOVA, 'offset=0 size=8192'), 0).account();
    expect(account.unmaps.different).to.equal(0);
    expect(account.neverUnmapped.sorted()).to.have.lengthOf(1);
  });

  it('tells an unlink that ends inside of a piece', () => {
    const account = unlink(two().probe('sync', IOVA, 'offset=0 size=8192'), 0, 6144).account();
    expect(account.unmaps.differentIn.size).to.equal(1);
  });

  it('ends all that was synced piece by piece with one destroy', () => {
    const account = new Capture()
      .piece(IOVA, 0, MEMORY)
      .probe('sync', IOVA, 'offset=0 size=4096')
      .piece(IOVA, 4096, MEMORY + 0x3000)
      .probe('sync', IOVA, 'offset=4096 size=4096')
      .probe('destroy', IOVA, 'mapped_len=8192 dir=1 attrs=0')
      .iommuUnmap(IOVA, 8192)
      .account();
    expectNothingWrong(account);
    expect(account.iommu.unmaps.withoutCall).to.equal(0);
  });
});

describe('AddressIndex', () => {
  const of = (dmaAddr: number, size: number): ReturnType<typeof newMapping> =>
    newMapping({
      place: { file: 'x', line: 1 },
      device: NIC,
      form: 'page',
      dir: 1,
      dmaAddr,
      size,
    });

  it('finds all that hold an address, the small ones first, until they are removed', () => {
    const index = new AddressIndex();
    const large = of(0x1f00, 0x3000);
    const small = of(0x2ff0, 32);
    const other = of(0x2ff0, 16);
    for (const one of [large, small, other]) index.add(one);
    expect(index.at(0x3005)).to.deep.equal([small, large]);
    expect(index.at(0x1eff)).to.deep.equal([]);
    expect(index.at(0x1f00)).to.deep.equal([large]);
    expect(index.at(0x4eff)).to.deep.equal([large]);
    expect(index.at(0x4f00)).to.deep.equal([]);
    index.remove(small);
    expect(index.at(0x3005)).to.deep.equal([large]);
    expect(index.at(0x2ff1)).to.deep.equal([other, large]);
  });
});
