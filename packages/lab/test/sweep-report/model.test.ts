// SPDX-License-Identifier: GPL-2.0-only
// What a page of a sweep computes, beside the plain way to compute it.

import { expect } from 'chai';
import fc from 'fast-check';
import type { Better, ColumnData } from '../../src/reports/sweep/data';
import { bestOf } from '../../src/reports/sweep/model/best';
import { frontOf } from '../../src/reports/sweep/model/front';
import { MOST_GROUPS, groupsOf } from '../../src/reports/sweep/model/groups';
import { cellAt, mapOf } from '../../src/reports/sweep/model/map';
import { bestRows, unitText } from '../../src/reports/sweep/model/rows';
import type { Shown } from '../../src/reports/sweep/model/shown';
import type { Column } from '../../src/reports/sweep/model/table';
import { Stair } from '../../src/reports/sweep/model/stair';
import { headOf, labelOf, measureText, numberText } from '../../src/reports/sweep/model/text';
import { packCodes, packNumbers, unpack } from '../../src/reports/sweep/packed';
import { POLICIES, type Sample, dataOf, noise, rowsOf, shownOf, wordsOf } from './sample';

const better = fc.constantFrom<Better>('more', 'less');
/** Few values, so that there are ties; some are no number. */
const value = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: -4, max: 4 }) },
  fc.constantFrom(NaN, Infinity, -Infinity),
);

function named(shown: Shown, name: string): Column {
  const found = shown.table.columns.find((one) => one.name === name);
  if (!found) throw new Error(`no column ${name}`);
  return found;
}

describe('a Pareto front', () => {
  it('is what no other point is as good as in both, and better than in one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, value), { maxLength: 40 }),
        better,
        better,
        (points, a, b) => {
          const [x, y] = [points.map(([one]) => one), points.map(([, one]) => one)];
          const gain = (i: number): [number, number] => [
            a === 'more' ? (x[i] ?? 0) : -(x[i] ?? 0),
            b === 'more' ? (y[i] ?? 0) : -(y[i] ?? 0),
          ];
          const counted = points.flatMap((one, i) => (one.every(Number.isFinite) ? [i] : []));
          const beaten = (i: number): boolean =>
            counted.some((j) => {
              const [p, q] = [gain(i), gain(j)];
              return q[0] >= p[0] && q[1] >= p[1] && (q[0] > p[0] || q[1] > p[1]);
            });
          const front = frontOf({ values: x, better: a }, { values: y, better: b });
          expect([...front].sort((i, j) => i - j)).to.deep.equal(counted.filter((i) => !beaten(i)));
        },
      ),
    );
  });

  it('begins with the best x', () => {
    const [x, y] = [
      [3, 1, 2, 5],
      [30, 10, 20, 20],
    ];
    expect(frontOf({ values: x, better: 'less' }, { values: y, better: 'more' })).to.deep.equal([
      1, 2, 0,
    ]);
    expect(frontOf({ values: x, better: 'more' }, { values: y, better: 'more' })).to.deep.equal([
      3, 0,
    ]);
  });
});

describe('a front that grows row by row', () => {
  it('is the front of all, with the first row of each place', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { maxLength: 60 }), (points) => {
        const stair = new Stair();
        for (const [row, [x, y]] of points.entries()) stair.add(x, y, row);
        const [xs, ys] = [points.map(([one]) => one), points.map(([, one]) => one)];
        const front = frontOf({ values: xs, better: 'less' }, { values: ys, better: 'less' });
        const places = new Map([...front].reverse().map((row) => [String(points[row]), row]));
        expect([...stair.rows].sort((a, b) => a - b)).to.deep.equal(
          [...places.values()].sort((a, b) => a - b),
        );
      }),
    );
  });

  it('is given up where it would be all rows', () => {
    const stair = new Stair();
    for (let row = 0; row <= 6000; row++) stair.add(row, -row, row);
    expect(stair.rows).to.deep.equal([]);
  });

  it('is in a page that has few of its rows', () => {
    const best = (most?: number): unknown => {
      const shown = shownOf(POLICIES, most);
      shown.joinSeeds = false;
      shown.changed();
      const [x, y] = ['bandwidth', 'memory'].map((name) => named(shown, name)) as [Column, Column];
      const front = frontOf(
        { values: x.numbers, better: 'more' },
        { values: y.numbers, better: 'less' },
      );
      return [
        bestRows(shown).map((one) => one.value),
        [...new Set(front.map((row) => `${String(x.value(row))} ${String(y.value(row))}`))],
      ];
    };
    expect(best(1)).to.deep.equal(best());
  });
});

describe('the best of some values', () => {
  it('is the first of those that are equal, and says how many they are', () => {
    const of = (values: readonly number[], b: Better): unknown =>
      bestOf(values.length, (i) => values[i] ?? NaN, b);
    expect(of([2, 5, NaN, 5, Infinity], 'more')).to.deep.equal({ value: 5, index: 1, ties: 2 });
    expect(of([2, 5, 2, -Infinity], 'less')).to.deep.equal({ value: 2, index: 0, ties: 2 });
    expect(of([NaN], 'less')).to.equal(null);
  });
});

/** A column of numbers as the page has it. */
function numbers(values: readonly (number | null)[]): ColumnData {
  const { columns } = dataOf({
    axes: [{ name: 'i', kind: 'number', values: values.map((_, i) => i) }],
    columns: [{ name: 'x', value: (_, point) => values[point] }],
  });
  return columns[1] as ColumnData;
}

describe('groups of values', () => {
  it('are the values themselves where they are few, numbers in their order', () => {
    const few = groupsOf(numbers([8, 1, null, 4, 1]));
    expect(few.labels).to.deep.equal(['1', '4', '8', 'no value']);
    expect(few.ofCode).to.deep.equal([3, 2, 0, 1]);
  });

  it('of many numbers are round ranges, each with its beginning', () => {
    const { labels, ofNumber } = groupsOf(
      numbers(Array.from({ length: 101 }, (_, i) => 700 + i * 40)),
    );
    expect(labels[0]).to.equal('500 to 1,000');
    expect(labels.at(-1)).to.equal('4,500 to 5,000');
    expect([700, 999, 1000, 4700].map((n) => ofNumber?.(n))).to.deep.equal([0, 0, 1, 8]);
    const wide = groupsOf(numbers(Array.from({ length: 101 }, (_, i) => 1.2 ** i)));
    expect(wide.labels.slice(0, 4)).to.deep.equal(['1 to 2', '2 to 5', '5 to 10', '10 to 20']);
  });

  it('of many texts are the first ones, and one group of all others', () => {
    const { columns } = dataOf({
      axes: [{ name: 'name', values: Array.from({ length: 40 }, (_, i) => `n${String(i)}`) }],
      columns: [{ name: 'x', value: () => 1 }],
    });
    const { labels, ofCode } = groupsOf(columns[0] as ColumnData);
    expect(labels).to.have.length(MOST_GROUPS);
    expect(labels.at(-1)).to.equal('17 other values');
    expect(ofCode.slice(1)).to.deep.equal(Array.from({ length: 40 }, (_, i) => Math.min(i, 23)));
  });

  it('hold every number once, in rising order', () => {
    const number = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    const positive = fc.double({ min: 1e-6, max: 1e12, noNaN: true });
    const lists = fc.oneof(
      fc.array(number, { minLength: 1, maxLength: 60 }),
      fc.array(positive, { minLength: 1, maxLength: 60 }),
    );
    fc.assert(
      fc.property(lists, (values) => {
        const { labels, ofNumber, ofCode } = groupsOf({ ...numbers(values), unit: '' });
        expect(labels.length).to.be.at.most(MOST_GROUPS + 1);
        if (ofNumber === null) {
          expect(ofCode.slice(1).every((group) => group < labels.length)).to.equal(true);
          return;
        }
        let before = 0;
        for (const one of [...values].sort((a, b) => a - b)) {
          const group = ofNumber(one);
          expect(group).to.be.within(before, labels.length - 1);
          before = group;
        }
      }),
    );
  });
});

/** A measure by the plain way. */
function plain(rows: readonly Record<string, unknown>[], name: string): string {
  const values = rows.map((row) => row[name]).filter((one): one is number => Number.isFinite(one));
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  return values.length === 0
    ? 'nothing'
    : [values.length, mean.toPrecision(9), Math.min(...values), Math.max(...values)].join(' ');
}

function cellText({ cells }: ReturnType<typeof mapOf>, cell: number): string {
  const n = cells.n[cell] ?? 0;
  return n === 0
    ? 'nothing'
    : [n, cells.mean(cell).toPrecision(9), cells.least[cell], cells.most[cell]].join(' ');
}

describe('a map', () => {
  it('has in each cell what a loop over the rows that are shown has', () => {
    const rows = rowsOf(POLICIES);
    fc.assert(
      fc.property(
        fc.subarray(['policy', 'bs', 'rw', 'seed', 'moved', 'why']),
        fc.subarray([0, 1, 2]),
        (names, off) => {
          const shown = shownOf(POLICIES);
          const bs = named(shown, 'bs');
          shown.filters.set(bs.index, { off: new Set(off) });
          shown.changed();
          const dimensions = [0, 1, 2].map((d) => {
            const name = names[d];
            return name === undefined ? null : named(shown, name);
          }) as [Column | null, Column | null, Column | null];
          const map = mapOf(shown, { measure: named(shown, 'bandwidth'), dimensions });
          const kept = rows.filter(
            (row) => !off.some((one) => ['4k', '64k', '1m'][one] === row['bs']),
          );
          expect(shown.sentence).to.include(`${String(kept.length)} of 54 points shown`);
          for (let i = 0; i < map.sizes[0]; i++)
            for (let j = 0; j < map.sizes[1]; j++)
              for (let k = 0; k < map.sizes[2]; k++) {
                const place = [i, j, k];
                const own = kept.filter((row) =>
                  dimensions.every((column, d) => {
                    if (column === null) return true;
                    const value = row[column.name] as string | number | boolean | null;
                    const label = value === null ? 'no value' : String(value);
                    return column.groups.labels[place[d] ?? 0] === label;
                  }),
                );
                expect(cellText(map, cellAt(map.sizes, i, j, k))).to.equal(plain(own, 'bandwidth'));
              }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('counts all rows where the page has some of them, whichever way it is turned, until something is filtered', () => {
    const all = shownOf(POLICIES);
    const some = shownOf(POLICIES, 20);
    expect(some.data.all).to.equal(54);
    expect(some.data.rows).to.be.within(20, 40);
    for (const [x, y] of [
      ['policy', 'bs'],
      ['rw', 'policy'],
      ['bs', null],
    ] as const) {
      const of = (shown: Shown): ReturnType<typeof mapOf> =>
        mapOf(shown, {
          measure: named(shown, 'bandwidth'),
          dimensions: [named(shown, x), y === null ? null : named(shown, y), null],
        });
      const [whole, exact] = [of(all), of(some)];
      expect(exact.ofAll).to.equal(true);
      expect(whole.cells.n.reduce((a, b) => a + b)).to.equal(54);
      for (let cell = 0; cell < whole.cells.length; cell++)
        expect(cellText(exact, cell)).to.equal(cellText(whole, cell));
    }
    some.filters.set(0, { off: new Set([1]) });
    some.changed();
    const filtered = mapOf(some, {
      measure: named(some, 'bandwidth'),
      dimensions: [named(some, 'policy'), named(some, 'bs'), null],
    });
    expect(filtered.ofAll).to.equal(false);
    expect(filtered.cells.n.reduce((a, b) => a + b)).to.equal(some.rows.length);
    expect(some.sentence)
      .to.include(`of ${String(some.data.rows)} points shown`)
      .and.to.include(`${String(54 - some.data.rows)} more are not in this page`);
  });
});

describe('a filter of a range', () => {
  it('has both ends, and points without a value as the reader wants', () => {
    const values = [1, 2, null, 3, 4];
    const shown = shownOf({
      axes: [{ name: 'i', kind: 'number', values: [0, 1, 2, 3, 4] }],
      columns: [{ name: 'x', value: (_, point) => values[point] }],
    });
    for (const [withMissing, left] of [
      [true, [1, 2, 3]],
      [false, [1, 3]],
    ] as const) {
      shown.filters.set(1, { least: 2, most: 3, withMissing });
      shown.changed();
      expect([...shown.rows]).to.deep.equal(left);
    }
  });
});

describe('points that differ in their seed only', () => {
  it('are one, with the mean of those that are shown, the least and the most', () => {
    const shown = shownOf(POLICIES);
    const rows = rowsOf(POLICIES);
    expect([shown.hasSeeds, shown.joinSeeds, shown.units.length]).to.deep.equal([true, true, 18]);
    shown.filters.set(named(shown, 'seed').index, { off: new Set([1]) });
    shown.changed();
    expect(shown.sentence).to.equal('36 of 54 points shown, as 18 without their seeds.');
    const column = named(shown, 'bandwidth');
    const cells = shown.units.figuresOf(column);
    for (let unit = 0; unit < 18; unit++) {
      const own = shown.units.rowsOf(unit);
      const same = rows.filter(
        (row) =>
          row['seed'] !== 2 &&
          ['policy', 'bs', 'rw'].every((name) => row[name] === rows[own[0] ?? 0]?.[name]),
      );
      expect(own).to.deep.equal(same.map(({ point }) => point));
      expect([cells.n[unit], cells.least[unit]].join(' ')).to.equal(
        `2 ${String(Math.min(...same.map((row) => Number(row['bandwidth']))))}`,
      );
    }
    const { least, most } = column.data;
    expect(unitText(shown, column, 0)).to.match(/^1\.\d+ \(1\.\d+ to 1\.\d+\)$/);
    expect([least, most].every((one) => one !== null)).to.equal(true);
    shown.joinSeeds = false;
    shown.changed();
    expect(shown.units.length).to.equal(36);
    expect(unitText(shown, named(shown, 'why'), 0)).to.equal('size 4k');
  });

  it('are the best with the best mean, and say of how many it is', () => {
    const shown = shownOf({
      axes: [
        { name: 'policy', values: ['a', 'b'] },
        { name: 'seed', kind: 'number', values: [1, 2] },
      ],
      columns: [{ name: 'iops', value: (_, point) => [9, 1, 6, 6][point] }],
    });
    const [best] = bestRows(shown);
    expect([best?.value, best?.parameters]).to.deep.equal(['6, the same for 2 seeds', 'policy b']);
    shown.joinSeeds = false;
    shown.changed();
    expect(bestRows(shown)[0]).to.include({ value: '9', parameters: 'policy a, seed 1', ties: '' });
  });
});

describe('rows of a page', () => {
  const HARD: Sample = {
    axes: [
      { name: 'name', values: ['<script>', null, `"'&`] },
      { name: 'n', kind: 'number', values: [null, 0.1, -5] },
      { name: 'on', kind: 'boolean', values: [true, null, false] },
    ],
    columns: [
      { name: 'float', value: (_, point) => (point % 5 === 0 ? null : noise(point) / 3) },
      { name: 'infinite', value: (_, point) => (point === 3 ? Infinity : point) },
      { name: 'nothing', value: () => null },
    ],
    failed: new Map([[4, 'x']]),
  };

  it('are what was read: every value, every command line, the numbers of their points', () => {
    const { table } = shownOf(HARD);
    const rows = rowsOf(HARD).filter(({ point }) => point !== 4);
    expect(table.rows).to.equal(rows.length);
    for (const [i, row] of rows.entries()) {
      expect(table.point(i)).to.equal(row['point']);
      for (const column of table.columns)
        expect(column.value(i), column.name).to.equal(row[column.name]);
      expect(table.command(i)).to.equal(wordsOf(HARD, row).join(' '));
    }
  });

  it('count what is no number as missing, and have no unit that is not known', () => {
    const { table } = shownOf(HARD);
    const of = (name: string): ColumnData =>
      table.columns.find((one) => one.name === name)?.data as ColumnData;
    expect(of('infinite')).to.include({ missing: 1, least: 0, most: 26, values: null });
    expect(of('nothing')).to.include({ missing: 26, least: null, most: null });
    expect(of('status')).to.equal(undefined);
    expect(shownOf({ ...HARD, status: (point) => point % 2 }).table.columns.at(-1)?.name).to.equal(
      'status',
    );
  });

  it('come in few bytes', () => {
    expect(unpack(packCodes([0, 255])).BYTES_PER_ELEMENT).to.equal(1);
    expect(unpack(packCodes([256])).BYTES_PER_ELEMENT).to.equal(2);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 })),
        fc.array(fc.double()),
        (codes, floats) => {
          expect([...unpack(packCodes(codes))]).to.deep.equal(codes);
          expect([...unpack(packNumbers(floats))]).to.deep.equal(floats);
        },
      ),
    );
    const { words } = dataOf(POLICIES);
    // What is the same in all rows, or follows a parameter, has no number for each row.
    expect(words.every((word) => typeof word === 'string' || 'by' in word)).to.equal(true);
  });
});

describe('text of values', () => {
  const column = (
    most: number,
    unit: ColumnData['unit'],
    kind: ColumnData['kind'] = 'number',
  ): ColumnData => ({
    ...numbers([1]),
    ...{ name: 'x', most, least: 0, unit, kind },
  });

  it('is in one unit, which the head has', () => {
    expect(headOf(column(2e9, 'bytes/s'))).to.equal('x, GB/s');
    expect(measureText(column(2e9, 'bytes/s'), 1.23456e9)).to.equal('1.235');
    expect(headOf(column(5000, 'ns'))).to.equal('x, µs');
    expect(headOf(column(5000, 'bytes'))).to.equal('x, KiB');
    expect(headOf(column(5, ''))).to.equal('x');
  });

  it('rounds no number to nothing, and no share to all', () => {
    expect([0, 1234567, 0.00001, -2.5, Infinity].map(numberText)).to.deep.equal([
      ...['0', '1,234,567', '1.000e-5', '−2.5', '∞'],
    ]);
    const share = column(1, '', 'boolean');
    expect([0, 0.0001, 0.5, 0.9999, 1].map((n) => measureText(share, n))).to.deep.equal([
      ...['0 %', '< 0.1 %', '50 %', '> 99.9 %', '100 %'],
    ]);
    expect([labelOf(share, true), labelOf(share, null)]).to.deep.equal(['true', '']);
  });
});
