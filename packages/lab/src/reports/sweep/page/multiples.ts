// SPDX-License-Identifier: GPL-2.0-only
// Small multiples: a chart for each value of a parameter, all on the same axes.

import { count, listed, plural } from '../../../show/format';
import { type Map3, cellAt, mapOf } from '../model/map';
import type { Shown } from '../model/shown';
import type { Column } from '../model/table';
import { headOf, measureText, scaleOf, spanText, withUnit } from '../model/text';
import { type Dimensions, DimensionSelects, byGroups } from './dimensions';
import { Select, Tick, byId, el, table } from './dom';
import { Drawn, type LineLook, axis, lineLooks } from './look';

/** More lines in a chart cannot be told apart. */
const MOST_LINES = 10;
/** Rows of the table below. */
const MOST_ROWS = 200;

interface Line {
  readonly group: number;
  readonly name: string;
  readonly look: LineLook;
}

/** What is drawn: the groups in use, of each dimension. */
interface View {
  readonly measure: Column;
  readonly dimensions: Dimensions;
  readonly map: Map3;
  readonly across: readonly number[];
  readonly lines: readonly Line[];
  readonly each: readonly number[];
}

export class Multiples {
  private readonly measure: Select<Column>;
  private readonly axes: DimensionSelects;
  private readonly log: Tick;
  private readonly about = el('p');
  private readonly key = el('ul', { class: 'key' });
  private readonly charts = el('div', { class: 'small-charts' });
  private readonly below = el('div');
  private drawn: Drawn[] = [];

  /** @param shown has a measure */
  constructor(private readonly shown: Shown) {
    const draw = (): void => {
      this.draw();
    };
    const [first] = shown.measures;
    if (!first) throw new Error('no measure');
    this.measure = new Select(
      'Measure',
      shown.measures.map((value) => ({ text: value.name, value })),
      first,
      draw,
    );
    const ordered = byGroups(shown).filter(({ data }) => data.role === 'parameter');
    const [x = null, ...others] = ordered;
    const [lines = null, each = null] = others.sort((a, b) => a.index - b.index);
    this.axes = new DimensionSelects(
      shown,
      [
        ['over', 'nothing', x],
        ['a line for each', 'all', lines],
        ['a chart for each', 'all', each],
      ],
      draw,
    );
    this.log = new Tick('Logarithmic', false, draw);
    byId('multiples-body').append(
      el(
        'div',
        { class: 'controls' },
        ...[this.measure, ...this.axes.all, this.log].map(({ label }) => label),
      ),
      this.about,
      this.key,
      this.charts,
      this.below,
    );
    shown.onChange(draw);
    draw();
  }

  draw(): void {
    const measure = this.measure.value;
    const dimensions = this.axes.chosen;
    const map = mapOf(this.shown, { measure, dimensions });
    const view = viewOf(measure, dimensions, map);
    const least = Math.min(...view.map.cells.least);
    this.log.box.disabled = !(least > 0);
    this.about.textContent = this.aboutText(view);
    this.key.replaceChildren(...(dimensions[1] ? view.lines.map(keyOf) : []));
    for (const one of this.drawn) one.destroy();
    this.drawn = [];
    this.charts.replaceChildren(...view.each.map((k) => this.chart(view, k)));
    this.below.replaceChildren(tableOf(view));
    for (const [i, k] of view.each.entries()) this.drawn[i]?.draw(settings(view, k, this.log.on));
  }

  private chart({ measure, dimensions: [x, , z] }: View, k: number): HTMLElement {
    const title = z ? `${headOf(z.data)}: ${z.groups.labels[k] ?? ''}` : 'all';
    const canvas = el('canvas', {
      role: 'img',
      'aria-label': `Chart: ${measure.name}${x ? ` over ${x.name}` : ''}, ${title}; its numbers are in the table below`,
    });
    this.drawn.push(new Drawn(canvas));
    return el(
      'figure',
      {},
      ...(z ? [el('figcaption', {}, title)] : []),
      el('div', { class: 'canvas' }, canvas),
    );
  }

  private aboutText({ measure, dimensions, lines, map }: View): string {
    const all = dimensions[1]?.groups.labels.length ?? 1;
    const left =
      all > lines.length && lines.length === MOST_LINES
        ? ` Of ${plural(all, 'line')} the first ${count(lines.length)} are drawn: a filter chooses others.`
        : '';
    const others = this.axes.others();
    const over =
      others.length === 0
        ? ''
        : ` over all values of ${listed(others)}; a band goes from the least to the most`;
    const page = map.ofAll ? '' : ` ${this.shown.sentence}`;
    return `Lines are means of ${headOf(measure.data)}${over}.${left}${page}`;
  }
}

function viewOf(measure: Column, dimensions: View['dimensions'], map: Map3): View {
  const { cells, sizes } = map;
  const used = (d: 0 | 1 | 2): number[] => {
    const seen = new Set<number>();
    for (let k = 0; k < sizes[2]; k++)
      for (let j = 0; j < sizes[1]; j++)
        for (let i = 0; i < sizes[0]; i++)
          if ((cells.n[cellAt(sizes, i, j, k)] ?? 0) > 0) seen.add([i, j, k][d] ?? 0);
    return [...seen].sort((a, b) => a - b);
  };
  const groups = used(1).slice(0, MOST_LINES);
  const names = groups.map((group) => dimensions[1]?.groups.labels[group] ?? 'all');
  const looks = lineLooks(names);
  const lines = groups.map((group, n) => ({
    ...{ group, name: names[n] ?? '', look: looks[n] ?? { colour: '#888', dash: [] } },
  }));
  return { measure, dimensions, map, across: used(0), lines, each: used(2) };
}

function keyOf({ name, look }: Line): HTMLElement {
  const made = el('li');
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 14 7');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', 'M0 3.5H14');
  path.setAttribute('stroke', look.colour);
  path.setAttribute('stroke-width', '2.5');
  path.setAttribute('stroke-dasharray', look.dash.map((one) => one / 2).join(' '));
  svg.append(path);
  made.append(svg, name);
  return made;
}

/** A line, and where its points differ a band from the least to the most. */
function settings(view: View, k: number, isLog: boolean): object {
  const { measure, map, across, lines, dimensions } = view;
  const { cells, sizes } = map;
  const shownCells = lines.flatMap(({ group }) =>
    across.flatMap((i) => view.each.map((each) => cellAt(sizes, i, group, each))),
  );
  const { divisor } = scaleOf(measure.data);
  const filled = shownCells.filter((cell) => (cells.n[cell] ?? 0) > 0);
  const least = Math.min(...filled.map((cell) => cells.least[cell] ?? 0)) / divisor;
  const most = Math.max(...filled.map((cell) => cells.most[cell] ?? 0)) / divisor;
  const hasBand = filled.some((cell) => cells.least[cell] !== cells.most[cell]);
  const datasets = lines.flatMap(({ group, name, look }) => {
    const at = (i: number): number => cellAt(sizes, i, group, k);
    const of = (figure: 'mean' | 'least' | 'most'): (number | null)[] =>
      across.map((i) => {
        const value = cells.at(at(i), figure);
        return Number.isNaN(value) ? null : value / divisor;
      });
    const line = {
      ...{ label: name, data: of('mean'), borderColor: look.colour, backgroundColor: look.colour },
      ...{ borderDash: look.dash, borderWidth: 2, pointRadius: 2.5, spanGaps: true },
      cells: across.map(at),
    };
    const edge = {
      borderWidth: 0,
      pointRadius: 0,
      backgroundColor: `${look.colour}30`,
      spanGaps: true,
    };
    return hasBand
      ? [line, { ...edge, data: of('least') }, { ...edge, data: of('most'), fill: '-1' }]
      : [line];
  });
  const x = dimensions[0];
  return {
    type: 'line',
    data: { labels: across.map((i) => x?.groups.labels[i] ?? 'all'), datasets },
    options: {
      ...{ animation: false, responsive: true, maintainAspectRatio: false },
      interaction: { mode: 'index', intersect: false },
      scales: {
        x: {
          title: { display: x !== null, text: x ? headOf(x.data) : '' },
          grid: { display: false },
        },
        y: axis(measure.data, isLog, {
          title: { display: false },
          ...(isLog
            ? { min: least, max: most }
            : { suggestedMin: Math.min(0, least), suggestedMax: most }),
        }),
      },
      plugins: {
        legend: { display: false },
        tooltip: {
          filter: ({ dataset }: { dataset: { label?: string } }) => dataset.label !== undefined,
          callbacks: {
            label: ({
              dataset,
              dataIndex,
            }: {
              dataset: { label: string; cells: number[] };
              dataIndex: number;
            }) => `${dataset.label}: ${cellText(view, dataset.cells[dataIndex] ?? 0)}`,
          },
        },
      },
    },
  };
}

function cellText({ measure: { data }, map: { cells } }: View, cell: number): string {
  const n = cells.n[cell] ?? 0;
  const mean = withUnit(data, cells.mean(cell));
  if (n < 2) return mean;
  const span = spanText(data, cells.least[cell] ?? NaN, cells.most[cell] ?? NaN);
  return `${mean}, ${span}, ${plural(n, 'point')}`;
}

function tableOf({ measure, dimensions, map, across, lines, each }: View): HTMLElement {
  const { cells, sizes } = map;
  const { data } = measure;
  const rows: string[][] = [];
  let all = 0;
  for (const k of each)
    for (const { group } of lines)
      for (const i of across) {
        const cell = cellAt(sizes, i, group, k);
        const n = cells.n[cell] ?? 0;
        if (n === 0) continue;
        if (++all > MOST_ROWS) continue;
        const places = [
          [dimensions[2], k],
          [dimensions[1], group],
          [dimensions[0], i],
        ] as const;
        rows.push([
          ...places.flatMap(([column, at]) => (column ? [column.groups.labels[at] ?? ''] : [])),
          measureText(data, cells.mean(cell)),
          measureText(data, cells.least[cell] ?? NaN),
          measureText(data, cells.most[cell] ?? NaN),
          count(n),
        ]);
      }
  const named = [dimensions[2], dimensions[1], dimensions[0]].flatMap((one) =>
    one ? [headOf(one.data)] : [],
  );
  const head = [...named, `${headOf(data)}, mean`, 'least', 'most', 'points'];
  return el(
    'details',
    {},
    el('summary', {}, `Table: ${measure.name}`),
    ...(all > rows.length
      ? [el('p', {}, `The first ${count(rows.length)} of ${plural(all, 'row')}.`)]
      : []),
    table(`${measure.name} in small multiples`, head, rows, named.length),
  );
}
