// SPDX-License-Identifier: GPL-2.0-only
// A page with plots of each kind, for tests.

import { type Page, pageText } from '../../src/show/page';
import { html } from '../../src/show/html';
import { plotFigure, plotKeys, plotRow } from '../../src/reports/plots/figure';
import { plotParts } from '../../src/reports/plots/library';
import { type PlotView, histogramView, plotSeries, timeView } from '../../src/reports/plots/view';

export const BINS = 2000;

/** Bins of 5 ms: a rate of two series, a level, small plots over the same time, a histogram. */
export function sampleViews(name = '0000:00:05.0'): {
  readonly wide: readonly PlotView[];
  readonly row: readonly PlotView[];
} {
  const of = (value: (i: number) => number, bins = BINS): number[] =>
    Array.from({ length: bins }, (_, i) => Math.round(value(i)));
  const wave = (i: number): number => 60 + 50 * Math.sin(i / 90) + (i % 7);
  const levels = (bins: number): PlotView['series'] => [
    plotSeries(
      'mapped',
      '--ink',
      of((i) => 1.5e6 + 1e6 * Math.sin(i / (bins / 9)), bins),
      {
        least: of((i) => 9e5 + 8e5 * Math.sin(i / (bins / 9)), bins),
      },
    ),
  ];
  return {
    wide: [
      timeView({
        ...{ id: 'plot-rate', group: 'g', title: 'Requests to the IOMMU per second', unit: 'rate' },
        ...{ noun: 'requests', widthNs: 5e6 },
        series: [
          plotSeries('before the series', '--before', of(wave)),
          plotSeries('recorded', '--ink', of(wave)),
          plotSeries(
            'whole series',
            '--after',
            of((i) => (i < 200 ? 9 : i % 40 === 0 ? 3 : 0)),
          ),
        ],
      }),
      timeView({
        ...{ id: 'plot-bytes', group: 'g', title: 'Memory that is mapped', unit: 'bytes' },
        ...{ widthNs: 5e6, series: levels(BINS) },
      }),
    ],
    row: [
      timeView({
        ...{ id: 'plot-small', group: 'g', title: `Mapped by ${name}`, unit: 'bytes', small: true },
        ...{ widthNs: 20e6, series: levels(BINS / 4) },
      }),
      histogramView({
        ...{ id: 'plot-sizes', title: `Sizes, ${name}`, noun: 'mappings', small: true },
        labelTitle: 'size up to',
        labels: ['512 B', '1 KiB', '2 KiB', '4 KiB', '8 KiB', '16 KiB', '32 KiB', '64 KiB'],
        series: [
          plotSeries('TO_DEVICE', '#4d9fa8', [1, 0, 700, 9000, 0, 30, 2, 4000]),
          plotSeries('FROM_DEVICE', '#a35fb0', [0, 0, 90, 15000, 10, 30, 2, 300]),
        ],
      }),
    ],
  };
}

export function samplePage(name?: string, more: Partial<Page> = {}): string {
  const { wide, row } = sampleViews(name);
  return pageText({
    title: 'Sample',
    lead: html``,
    sections: [
      {
        id: 'plots-section',
        title: 'Over time',
        body: html`${plotKeys()} ${wide.map(plotFigure)} ${plotRow(row, name ?? 'the device')}`,
      },
    ],
    run: { command: 'iommu-bounce replay x' },
    ...plotParts([...wide, ...row]),
    ...more,
  });
}
