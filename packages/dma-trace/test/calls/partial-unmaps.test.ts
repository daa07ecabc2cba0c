// SPDX-License-Identifier: GPL-2.0-only
// Requests of which the unmaps are not those of whole maps: parts, chunks, several maps at once.

import { expect } from 'chai';
import { random } from '@iommu-bounce/linux-shim/testing';
import { Capture } from './account-of';
import { A, PAGE, kinds, requests, shape } from './requests-of';

describe('Assembler: requests that are unmapped in parts', () => {
  it('end with the unmap of their last part, whichever that is', () => {
    const { steps, assembler } = new Capture()
      .iommuMap(A, 4 * PAGE, 0x5000)
      .iommuUnmap(A + PAGE)
      .iommuUnmap(A + 3 * PAGE)
      .iommuUnmap(A)
      .iommuUnmap(A + 2 * PAGE)
      .read();
    const [request] = requests(steps, 'reconstructed');
    expect(request?.pieces).to.deep.equal([{ phys: 0x5000, length: 4 * PAGE }]);
    const ends = steps.flatMap((step) =>
      step.kind === 'unmap' ? [[step.place.line, step.recorded.map(({ iova }) => iova)]] : [],
    );
    expect(ends).to.deep.equal([[5, [1, 3, 0, 2].map((page) => A + page * PAGE)]]);
    expect(assembler.reconstructed).to.include({
      ...{ requests: 1, pieces: 1, bytes: 4 * PAGE, unmapsWithoutMap: 0, stillMapped: 0 },
    });
  });

  it('are the maps that unmaps join, cut at other places than the maps', () => {
    const { steps, assembler } = new Capture()
      .iommuMap(A, 2 * PAGE)
      .iommuMap(A + 2 * PAGE, 2 * PAGE)
      .iommuMap(A + 4 * PAGE, 2 * PAGE)
      .iommuUnmap(A, 3 * PAGE)
      .iommuUnmap(A + 3 * PAGE, PAGE)
      .iommuUnmap(A + 4 * PAGE, 2 * PAGE)
      .read();
    expect(requests(steps, 'reconstructed').map(shape)).to.deep.equal([
      'domain 1 0+4 in 2',
      'domain 1 4+2 in 1',
    ]);
    expect(assembler.reconstructed).to.include({ unmapsWithoutMap: 0, stillMapped: 0 });
  });

  it('are none where an unmap covers more than is shown mapped, in whatever order', () => {
    const gap = new Capture()
      .iommuMap(A)
      .iommuMap(A + 2 * PAGE)
      .iommuUnmap(A, 3 * PAGE);
    const [half, more] = [
      [A + PAGE, PAGE],
      [A - PAGE, 2 * PAGE],
    ] as const;
    for (const order of [
      [half, more],
      [more, half],
    ]) {
      const capture = new Capture().iommuMap(A, 2 * PAGE);
      for (const [at, size] of order) capture.iommuUnmap(at, size);
      expect(capture.read().assembler.reconstructed).to.include({ requests: 0, stillMapped: 0 });
    }
    const { steps, assembler } = gap.read();
    expect(steps).to.deep.equal([]);
    expect(assembler.reconstructed).to.include({ unmapsWithoutMap: 1, stillMapped: 0 });
  });

  it('stay where the kernel unmapped less than it was asked for', () => {
    const { steps, assembler } = new Capture()
      .iommuMap(A, 4 * PAGE)
      .iommuUnmap(A, PAGE, 0)
      .iommuUnmap(A, 3 * PAGE, 2 * PAGE)
      .iommuUnmap(A + PAGE)
      .iommuUnmap(A + 2 * PAGE, 2 * PAGE)
      .read();
    expect(kinds(steps)).to.deep.equal(['map reconstructed', 'unmap reconstructed']);
    // Nothing of the second page was left, and nothing was unmapped by the first unmap.
    expect(assembler.reconstructed).to.include({ requests: 1, unmapsWithoutMap: 2 });
  });

  it('lose the part that a call claims, and wait for nothing else', () => {
    const { steps, assembler } = new Capture()
      .in('one-1')
      .iommuMap(A, 2 * PAGE)
      .iommuMap(A + 2 * PAGE, 2 * PAGE)
      .in('<idle>-0')
      .iommuUnmap(A, 3 * PAGE)
      .in('one-1')
      .map(A + 2 * PAGE, 2 * PAGE)
      .read();
    expect(kinds(steps)).to.deep.equal(['map page']);
    expect(assembler.reconstructed).to.include({ requests: 0, stillMapped: 0 });
  });

  it('keep what is left of each domain apart', () => {
    const { steps } = new Capture()
      .in('one-1')
      .iommuMap(A, 2 * PAGE)
      .in('two-2')
      .iommuMap(A, 2 * PAGE)
      .in('<idle>-0')
      .iommuUnmap(A)
      .iommuUnmap(A)
      .iommuUnmap(A + PAGE)
      .iommuUnmap(A + PAGE)
      .read();
    expect(requests(steps, 'reconstructed').map(shape)).to.deep.equal([
      'domain 1 0+2 in 1',
      'domain 2 0+2 in 1',
    ]);
  });

  it('leave nothing behind: random maps, unmapped in random parts', () => {
    const seed = Number(process.env['UNMAP_SEED'] ?? 12);
    const source = random(seed);
    for (let round = 0; round < 50; round++) {
      const capture = new Capture();
      const bounds = [0];
      while (bounds.length < 9) bounds.push((bounds.at(-1) ?? 0) + 1 + source.below(5));
      const pages = bounds.at(-1) ?? 0;
      bounds.forEach((from, i) => {
        const to = bounds[i + 1];
        if (to !== undefined) capture.iommuMap(A + from * PAGE, (to - from) * PAGE);
      });
      const chunks: [number, number][] = [];
      for (let at = 0; at < pages;) {
        const n = Math.min(pages - at, 1 + source.below(6));
        chunks.push([at, n]);
        at += n;
      }
      for (; chunks.length > 0;) {
        const [[at, n] = [0, 0]] = chunks.splice(source.below(chunks.length), 1);
        capture.iommuUnmap(A + at * PAGE, n * PAGE);
      }
      const { steps, assembler } = capture.read();
      const found = requests(steps, 'reconstructed');
      const why = `UNMAP_SEED=${String(seed)}, round ${String(round)}`;
      expect(assembler.reconstructed, why).to.include({
        ...{ pieces: 8, bytes: pages * PAGE, unmapsWithoutMap: 0, stillMapped: 0 },
      });
      expect(found.flatMap((one) => one.pieces.map(({ length }) => length)).length, why).to.equal(
        8,
      );
    }
  });
});
