// SPDX-License-Identifier: GPL-2.0-only
// Operations of two captures, paired: edits that were made are found, whatever the order of their lines.

import { expect } from 'chai';
import {
  Alignment,
  type DeviceName,
  OperationLog,
  type Step,
  matchDevices,
  newMapping,
} from '@iommu-bounce/dma-trace';
import { random } from '@iommu-bounce/linux-shim/testing';

const LONG = process.env['TEST_LONG'] === '1';

interface Operation {
  readonly device?: string;
  readonly form?: 'page' | 'sg' | 'reconstructed';
  readonly dir?: 0 | 1 | 2;
  readonly size: number;
}

const DEVICE = '0000:00:05.0';

function logOf(operations: readonly Operation[]): OperationLog {
  const log = new OperationLog();
  log.add(
    operations.map(({ device = DEVICE, form = 'page', dir = 2, size }, i): Step => {
      const place = { file: 'x', line: i + 1 };
      const mapping = newMapping({ place, device, form, dir, dmaAddr: 0x1000 * i, size });
      const head = { place, timeNs: 1000 * i, cpu: 0, flags: '', ready: true };
      return { ...head, kind: 'map', mapping, decision: null };
    }),
  );
  log.finish(() => true);
  return log;
}

interface Aligned {
  readonly gone: number[];
  readonly added: number[];
  readonly how: string[];
  readonly pairs: (readonly [number, number])[];
}

function aligned(
  a: readonly Operation[],
  b: readonly Operation[],
  devices: readonly DeviceName[] = [],
): Aligned {
  const [logA, logB] = [logOf(a), logOf(b)];
  const alignment = new Alignment(logA, logB, matchDevices(logA.devices, logB.devices, devices));
  const alone = (partners: Int32Array): number[] =>
    [...partners.keys()].filter((i) => partners[i] === -1);
  const paired = [...alignment.ofA.keys()].filter((i) => alignment.ofA[i] !== -1);
  for (const i of paired) expect(alignment.ofB[alignment.ofA[i] ?? -1]).to.equal(i);
  return {
    gone: alone(alignment.ofA),
    added: alone(alignment.ofB),
    how: paired.map((i) => alignment.howOf(i)),
    pairs: paired.map((i) => [i, alignment.ofA[i] ?? -1]),
  };
}

describe('Alignment', () => {
  const seed = Number(process.env['DIFF_SEED'] ?? 99);
  const says = (run: number): string => `DIFF_SEED=${String(seed)} run ${String(run)}`;

  it('finds just the operations that were taken out and put in @long-only', () => {
    const source = random(seed);
    for (let run = 0; run < (LONG ? 20 : 5); run++) {
      const a: Operation[] = [];
      const b: Operation[] = [];
      const [gone, added]: [number[], number[]] = [[], []];
      for (let n = 0; n < 4000; n++) {
        const operation: Operation = {
          device: `d${String(source.below(3))}`,
          form: source.below(2) === 0 ? 'page' : 'sg',
          dir: source.below(2) === 0 ? 1 : 2,
          size: 512 * (n + 1),
        };
        const what = source.below(60);
        if (what === 0) gone.push(a.push(operation) - 1);
        else if (what === 1) added.push(b.push(operation) - 1);
        else {
          a.push(operation);
          b.push(operation);
        }
      }
      const found = aligned(a, b);
      expect(found.gone, says(run)).to.deep.equal(gone);
      expect(found.added, says(run)).to.deep.equal(added);
      expect(new Set(found.how)).to.deep.equal(new Set(['in_order']));
    }
  });

  it('finds how many of each kind there are more, in whatever order, and the same pairs when swapped @long', () => {
    const source = random(seed);
    for (let run = 0; run < (LONG ? 60 : 20); run++) {
      const sizes = 1 + source.below(5);
      const make = (): Operation[] =>
        Array.from({ length: source.below(300) }, () => ({
          dir: source.below(2) === 0 ? 1 : 2,
          size: 4096 * (1 + source.below(sizes)),
        }));
      const [a, b] = [make(), make()];
      const count = (of: readonly Operation[], { dir, size }: Operation): number =>
        of.filter((one) => one.dir === dir && one.size === size).length;
      const there = aligned(a, b);
      const isChanged = (i: number): boolean => there.how[i] === 'changed';
      for (const dir of [1, 2] as const)
        for (let n = 1; n <= sizes; n++) {
          const kind = { dir, size: 4096 * n };
          const alike = there.pairs.filter(
            ([i], at) => !isChanged(at) && a[i]?.dir === dir && a[i].size === kind.size,
          );
          expect(alike.length, says(run)).to.equal(Math.min(count(a, kind), count(b, kind)));
        }
      const back = aligned(b, a);
      expect(
        back.pairs.map(([i, j]) => `${String(j)} ${String(i)}`).sort(),
        says(run),
      ).to.deep.equal(there.pairs.map(([i, j]) => `${String(i)} ${String(j)}`).sort());
    }
  });

  it('pairs what is alike at another place', () => {
    const [x, y, z] = [{ size: 1 }, { size: 2 }, { size: 3 }];
    const found = aligned([x, y, z, z, z], [y, z, z, z, x]);
    expect(found.gone).to.deep.equal([]);
    expect(found.pairs[0]).to.deep.equal([0, 4]);
    expect(found.how[0]).to.equal('moved');
  });

  it('pairs requests of iommu:* events with calls of the same pages, and tells other calls apart', () => {
    const list: Operation = { form: 'sg', dir: 1, size: 6000 };
    const made: Operation = { form: 'reconstructed', dir: 0, size: 8192 };
    expect(aligned([list], [made]).how).to.deep.equal(['reconstructed']);
    expect(aligned([made], [list]).how).to.deep.equal(['reconstructed']);
    expect(aligned([list], [{ ...list, dir: 2 }]).how).to.deep.equal(['changed']);
    expect(aligned([list], [{ ...list, form: 'page' }]).how).to.deep.equal(['changed']);
    expect(aligned([list], [{ ...list, size: 8192 }]).gone).to.deep.equal([0]);
  });

  it('compares devices of other names where it is told so, several as one', () => {
    const of = (device: string): Operation => ({ device, size: 4096 });
    expect(aligned([of('a')], [of('b')]).gone).to.deep.equal([0]);
    expect(aligned([of('a')], [of('b')], [['a', 'b']]).gone).to.deep.equal([]);
    const two = aligned(
      [of('a'), of('a')],
      [of('b'), of('c')],
      [
        ['a', 'b'],
        ['a', 'c'],
      ],
    );
    expect(two.pairs).to.deep.equal([
      [0, 0],
      [1, 1],
    ]);
  });
});

describe('matchDevices', () => {
  it('takes equal names, except those that are said to be others', () => {
    expect(matchDevices(['a', 'b', 'c'], ['a', 'b', 'd'], [['a', 'b']])).to.deep.equal({
      pairs: [{ a: ['a'], b: ['b'], by: 'option' }],
      onlyA: ['b', 'c'],
      onlyB: ['a', 'd'],
    });
    expect(matchDevices(['a', 'x'], ['x', 'y'], [])).to.deep.equal({
      pairs: [{ a: ['x'], b: ['x'], by: 'name' }],
      onlyA: ['a'],
      onlyB: ['y'],
    });
  });
});
