// SPDX-License-Identifier: GPL-2.0-only
// Plots without a browser: their text, their tables, what uPlot is told, and what a page carries.

import { expect } from 'chai';
import { html } from '../../src/show/html';
import { pageText } from '../../src/show/page';
import { joinedTo, plotFigure, plotTable } from '../../src/reports/plots/figure';
import { plotParts } from '../../src/reports/plots/library';
import { plotData, positions } from '../../src/reports/plots/page/data';
import {
  type PlotView,
  binsOf,
  histogramView,
  plotSeries,
  timeView,
} from '../../src/reports/plots/view';
import {
  axisText,
  bareText,
  spokenText,
  timeText,
  timeUnit,
  valueText,
} from '../../src/reports/plots/words';
import { samplePage, sampleViews } from './pages';

const HOSTILE = `</script><script>alert(1)</script>"'&`;

function rate(values: readonly number[], widthNs = 5e6): PlotView {
  return timeView({
    ...{ id: 'x', group: 'g', title: 'Requests', unit: 'rate', noun: 'requests', widthNs },
    series: [plotSeries('before', '--before', values)],
  });
}

const LEVELS = timeView({
  ...{ id: 'y', group: 'g', title: 'Mapped', unit: 'bytes', widthNs: 1000 },
  series: [plotSeries('mapped', '--ink', [4096, 8192, 0], { least: [0, 4096, 0] })],
});

const text = (body: { readonly text: string }): string =>
  body.text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

describe('words of a plot', () => {
  it('count time in the unit that its length has, as exactly as its bins are', () => {
    expect([1e6, 1e9, 1e12].map((ns) => timeUnit(ns).name)).to.deep.equal(['µs', 'ms', 's']);
    expect(timeText(1.25e9, 5e6, timeUnit(10e9))).to.equal('1.250 s');
    expect(timeText(1_234_567e9, 1e9, timeUnit(1e18))).to.equal('1,234,567 s');
    expect(timeText(3000, 1000, timeUnit(1e6))).to.equal('3 µs');
  });

  it('say a rate per second, a level from its lowest to its highest', () => {
    expect(valueText(rate([]), 60)).to.equal('12,000 requests/s');
    expect(valueText(rate([], 8e9), 2)).to.equal('0.25 requests/s');
    expect(spokenText(rate([60, 0]), 1)).to.equal('5 ms: before: 0 requests/s');
    expect(spokenText(LEVELS, 0)).to.equal('0 µs: mapped: 0 to 4.0 KiB');
    expect(spokenText(LEVELS, 2)).to.equal('2 µs: mapped: 0');
    const [, sizes] = sampleViews().row;
    expect(spokenText(sizes as PlotView, 3)).to.equal(
      'size up to 4 KiB: TO_DEVICE: 9,000 mappings; FROM_DEVICE: 15,000 mappings',
    );
    expect(spokenText(sizes as PlotView, 0)).to.include('TO_DEVICE: 1 mapping;');
  });

  it('have short numbers on an axis: decimal for counts, binary for bytes', () => {
    expect([0, 0.2, 950, 1500, 20_000, 1.5e6].map((n) => axisText(rate([]), n))).to.deep.equal([
      ...['0', '0.2', '950', '1,500', '20 k', '1.5 M'],
    ]);
    expect(
      [0, 512, 1024, 1.5 * 2 ** 20, 2 ** 40, 2 ** 52].map((n) => axisText(LEVELS, n)),
    ).to.deep.equal(['0', '512 B', '1 KiB', '1.5 MiB', '1 TiB', '4096 TiB']);
    expect(bareText(LEVELS, 8192)).to.equal('8.0 KiB');
  });
});

describe('what uPlot is told', () => {
  it('is rates per second over the unit of time, the last bin until its end', () => {
    expect(positions(rate([60, 30]))).to.deep.equal([0, 5, 10]);
    expect(plotData(rate([60, 30]))).to.deep.equal([[12_000, 6000, 6000]]);
  });

  it('is the highest levels, then the lowest', () => {
    expect(plotData(LEVELS)).to.deep.equal([
      [4096, 8192, 0, 0],
      [0, 4096, 0, 0],
    ]);
  });
});

describe('the table of a plot', () => {
  it('has sums of joined bins, no rates; its total is that of the bins', () => {
    const view = rate(Array.from({ length: 100 }, (_, i) => i));
    const joined = joinedTo(view, 24);
    expect([binsOf(joined), joined.widthNs]).to.deep.equal([20, 25e6]);
    const shown = text(plotTable(view));
    expect(shown).to.include('from before, requests 0 ms 10 25 ms 35');
    expect(shown).to.match(/475 ms 485 $/);
  });

  it('has the lowest and the highest level', () => {
    expect(text(plotTable(LEVELS))).to.include(
      'from mapped, least mapped, most 0 µs 0 4.0 KiB 1 µs 4.0 KiB 8.0 KiB 2 µs 0 0',
    );
  });

  it('of a histogram has its bins', () => {
    const [, sizes] = sampleViews().row;
    expect(text(plotTable(sizes as PlotView))).to.include(
      'size up to TO_DEVICE FROM_DEVICE 512 B 1 0 1 KiB 0 0 2 KiB 700 90',
    );
  });
});

describe('a page with plots', () => {
  it('carries uPlot, its style and its licence, and its data; one without has none of it', () => {
    const page = samplePage();
    expect(page)
      .to.include('uPlot (v1.6.32)')
      .and.to.include('.u-over')
      .and.to.include('Leon Sorokin');
    expect(page).to.match(/<script type="application\/json" id="plots">\s*\[\{"kind":"time"/);
    expect(plotParts([])).to.deep.equal({});
  });

  it('shows nothing of a plot that is empty', () => {
    expect(plotFigure(rate([0, 0])).text).to.equal('');
  });

  it('escapes names, in figures and in data', () => {
    const view = histogramView({
      ...{ id: 'z', title: HOSTILE, noun: 'mappings', labelTitle: HOSTILE, labels: [HOSTILE] },
      series: [plotSeries(HOSTILE, '--ink', [1]), plotSeries('b', '--ink', [1])],
    });
    const page = pageText({
      ...{ title: 'x', lead: html``, run: { command: 'x' } },
      sections: [{ id: 'a', title: 'a', body: plotFigure(view) }],
      ...plotParts([view]),
    });
    expect(page).not.to.include('<script>alert').and.not.to.include(`"'&`);
    const json = /id="plots">\s*(.*)\s*<\/script>/.exec(page)?.[1] ?? '';
    expect((JSON.parse(json) as PlotView[])[0]?.title).to.equal(HOSTILE);
  });
});
