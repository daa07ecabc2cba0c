// SPDX-License-Identifier: GPL-2.0-only
// What charts are told to draw, without a browser: colours, marks, zeros, what is chosen, what is narrow.

import { expect } from 'chai';
import { POLICIES } from '@iommu-bounce/simulation';
import { otherColour, policyColour, timeColour } from '../../src/reports/charts/colours';
import { memoryChart } from '../../src/reports/charts/memory';
import { type Look, nothing, settings } from '../../src/reports/charts/page/settings';
import { bare, withUnit } from '../../src/reports/charts/page/write';
import {
  isHatched,
  marked,
  planned,
  protectionsOf,
  signsText,
} from '../../src/reports/charts/protection';
import { type ChartView, chartView, line, series } from '../../src/reports/charts/view';
import { NET_TIME_GROUPS } from '../../src/tables/net';
import { TIME_GROUPS } from '../../src/tables/fio-figures';

const LOOK: Look = {
  on: new Set(),
  isChosen: () => true,
  narrow: false,
  ink: (name) => name,
  hatch: (colour) => ({ hatched: colour }),
};

const BARS = chartView({
  ...{ id: 'x', kind: 'bars', labels: ['4k', '64k'], labelTitle: 'block size' },
  ...{ valueTitle: 'speed-up', unit: 'x', digits: 2 },
  lines: [line(1, 'strict = 1x', '#d08a00')],
  series: [
    series('pool', '#0f9d75', [0.5, null], { policy: 'pool' }),
    series('none †', '#7d8a99', [0, 0.25], { policy: 'none', hatched: true }),
  ],
});

/** Parts of Chart.js's settings that the tests look at. */
interface Drawn {
  readonly type: string;
  readonly data: {
    readonly labels: string[];
    readonly datasets: { label: string; data: unknown[]; backgroundColor: unknown }[];
  };
  readonly options: {
    readonly indexAxis: string;
    readonly scales: Record<'x' | 'y', Record<string, unknown>>;
    readonly plugins: {
      readonly tooltip: {
        readonly callbacks: {
          readonly label: (item: object) => string;
          readonly afterBody: (items: object[]) => string[];
        };
      };
    };
  };
}

function drawn(view: ChartView, look: Partial<Look> = {}): Drawn {
  return settings(view, { ...LOOK, ...look }) as unknown as Drawn;
}

describe('colours of charts', () => {
  it('are one for each policy, and nothing else has them', () => {
    const policies = [...POLICIES.map(({ name }) => name), 'pool+fixes'].map(policyColour);
    const others = [
      ...TIME_GROUPS.map(([name]) => timeColour(name)),
      ...[0, 1, 2, 3, 4].map(otherColour),
    ];
    expect(new Set(policies).size).to.equal(policies.length);
    expect(new Set(others).size).to.equal(others.length);
    expect(policies.filter((one) => others.includes(one))).to.deep.equal([]);
    for (const [name] of NET_TIME_GROUPS) expect(others).to.include(timeColour(name));
  });
});

describe('marks of policies that protect less', () => {
  it('come from what a run has shown, the worst of it', () => {
    const found = protectionsOf([
      { policy: 'strict', stale_max_ns: 0 },
      { policy: 'lazy', stale_max_ns: 0 },
      { policy: 'lazy', stale_max_ns: 9e6 },
      { policy: 'none', stale_max_ns: null },
    ]);
    expect(found.map(({ reach }) => reach)).to.deep.equal(['mapped', 'window', 'all']);
    expect(['strict', 'lazy', 'none'].map((name) => marked(name, found))).to.deep.equal([
      'strict',
      'lazy ‡',
      'none †',
    ]);
    expect(['strict', 'lazy', 'none'].map((name) => isHatched(name, found))).to.deep.equal([
      false,
      true,
      true,
    ]);
    expect(signsText(found)).to.match(/†, hatched: protects nothing.*none.*‡.*lazy: up to 9\.0 ms/);
    expect(signsText(found.slice(0, 1))).to.equal('');
  });

  it('come from how a policy boots where nobody watched its runs', () => {
    const reach = planned(POLICIES.map(({ name }) => name)).map((one) => one.reach[0]);
    // none, strict, lazy, lazy-large, three of swiotlb, pool
    expect(reach.join('')).to.equal('amwwaamm');
  });
});

describe('values in charts', () => {
  const view = { digits: 2, unit: 'x', ticks: [] };

  it('are zero only if they are, and say what is not there', () => {
    expect([0, 0.0001, -0.0001, 0.004, 1, 1234567.891].map((x) => bare(x, 2))).to.deep.equal([
      ...['0', '< 0.01', '> -0.01', '< 0.01', '1.00', '1,234,567.89'],
    ]);
    expect(withUnit(0, view)).to.equal('0 x');
    expect(withUnit(null, view)).to.equal('no value');
    expect(withUnit(undefined, view)).to.equal('no value');
    expect(withUnit([1, 2.5], view)).to.equal('1.00 to 2.50 x');
  });

  it('have the names that the axis gives to values that are none', () => {
    const ticks = [
      { value: 1, text: 'never' },
      { value: 4, text: '4 KiB' },
    ];
    expect(withUnit(1, { ...view, ticks })).to.equal('never');
    expect(withUnit(4, { ...view, ticks })).to.equal('4.00 x');
  });

  it('stand in tooltips with their units, missing ones too', () => {
    const { callbacks } = drawn(BARS).options.plugins.tooltip;
    expect(callbacks.label({ datasetIndex: 0, dataIndex: 0 })).to.equal('pool: 0.50 x');
    expect(callbacks.label({ datasetIndex: 1, dataIndex: 0 })).to.equal('none †: 0 x');
    expect(callbacks.label({ datasetIndex: 0, dataIndex: 1 })).to.equal('pool: no value');
    // Where Chart.js has passed by what has no point.
    expect(callbacks.afterBody([{ datasetIndex: 1, dataIndex: 1 }])).to.deep.equal([
      'pool: no value',
    ]);
  });
});

describe('a chart of bars', () => {
  it('has room for its line, however low the bars are', () => {
    expect(drawn(BARS).options.scales.y['suggestedMax']).to.equal(1);
    const log = drawn(BARS, { on: new Set(['logValues']) }).options.scales.y;
    expect(log['type']).to.equal('logarithmic');
    expect(log['max']).to.be.above(1);
    // Below the least value, so that its bar has a length.
    expect(log['min']).to.equal(0.1);
  });

  it('hatches what protects less, and lies on a narrow page', () => {
    const [pool, none] = drawn(BARS).data.datasets;
    expect(pool?.backgroundColor).to.equal('#0f9d75');
    expect(none?.backgroundColor).to.deep.equal({ hatched: '#7d8a99' });
    expect(drawn(BARS).options.indexAxis).to.equal('x');
    const narrow = drawn(BARS, { narrow: true }).options;
    expect([narrow.indexAxis, narrow.scales.x['suggestedMax']]).to.deep.equal(['y', 1]);
  });

  it('says so where nothing of it is chosen', () => {
    const only = chartView({ ...BARS, lines: [] });
    expect(nothing(only, LOOK)).to.equal(null);
    const isChosen = ({ policy }: { policy: string | null }): boolean => policy === 'pool';
    expect(drawn(only, { isChosen }).data.datasets.map(({ label }) => label)).to.deep.equal([
      'pool',
    ]);
    expect(nothing(only, { ...LOOK, isChosen: ({ policy }) => policy === null })).to.match(
      /Nothing is chosen/,
    );
    const keyed = { ...only, labelKeys: [0, 1].map((group) => ({ policy: null, group })) };
    expect(nothing(keyed, { ...LOOK, isChosen: ({ group }) => group === null })).to.match(
      /Nothing is chosen/,
    );
  });
});

describe('a chart of memory', () => {
  const memory = { policy: 'swiotlb-force', group: 0, label: '4k', reservedBytes: 64 * 2 ** 20 };
  const points = [
    { ns: 1e6, bytes: 4096 },
    { ns: 2e6, bytes: 0 },
  ];
  const view = memoryChart(
    'm',
    [
      { ...memory, points },
      { ...memory, group: 1, label: '64k', points: [] },
    ],
    planned(['swiotlb-force']),
  );

  it('has a line for what was set aside at boot, one for each policy', () => {
    expect(view.lines).to.deep.equal([
      {
        ...{ value: 65536, text: 'swiotlb-force †: 64 MiB set aside at boot' },
        ...{ colour: policyColour('swiotlb-force'), policy: 'swiotlb-force', group: null },
      },
    ]);
    expect(view.series.map(({ name }) => name)).to.deep.equal(['swiotlb-force † 4k']);
  });

  it('draws a zero where its logarithmic axis says 0, and keeps its value', () => {
    const on = new Set(['logValues']);
    const last = drawn(view, { on }).data.datasets[0]?.data.at(-1);
    expect(last).to.deep.equal({ x: 2, value: 0, y: view.zeroAt });
    expect(view.ticks[0]).to.deep.equal({ value: view.zeroAt, text: '0' });
    expect(drawn(view).data.datasets[0]?.data.at(-1)).to.deep.equal({ x: 2, value: 0, y: 0 });
    const callbacks = drawn(view, { on }).options.plugins.tooltip.callbacks;
    expect(callbacks.label({ dataset: { label: 'a' }, raw: last as object })).to.equal('a: 0 KiB');
  });
});
