// SPDX-License-Identifier: GPL-2.0-only
// The Pareto front of two measures: points that no other point beats in both.

import { count, plural } from '../../../show/format';
import type { Better } from '../data';
import { frontOf } from '../model/front';
import { commandHead, parametersText } from '../model/rows';
import type { Shown } from '../model/shown';
import type { Column } from '../model/table';
import { headOf, measureText, scaleOf, spanText, withUnit } from '../model/text';
import { BETTER } from './best';
import { command } from './copy';
import { Select, Tick, byId, el, table } from './dom';
import { Drawn, axis, ink } from './look';

/** Of the grid in which dots that would lie on each other are drawn once. */
const GRID = 300;
const MOST_ROWS = 50;

interface Dot {
  readonly x: number;
  readonly y: number;
  readonly unit: number;
}

class Side {
  readonly column: Select<Column>;
  readonly better: Select<Better>;
  readonly log: Tick;

  constructor(
    shown: Shown,
    word: string,
    columns: readonly Column[],
    first: Column,
    draw: () => void,
  ) {
    this.column = new Select(
      word,
      columns.map((value) => ({ text: value.name, value })),
      first,
      () => {
        this.follow(shown);
        draw();
      },
    );
    this.better = new Select<Better>('where', BETTER, 'less', () => {
      shown.better[this.column.value.index] = this.better.value;
      shown.changed();
    });
    this.log = new Tick('Logarithmic', false, draw);
    this.follow(shown);
    shown.onChange(() => {
      this.follow(shown);
    });
  }

  get box(): HTMLElement {
    return el(
      'div',
      { class: 'controls' },
      ...[this.column, this.better, this.log].map(({ label }) => label),
    );
  }

  private follow(shown: Shown): void {
    const { index, data } = this.column.value;
    this.better.value = shown.better[index] ?? data.better;
    this.log.box.disabled = !((data.least ?? 0) > 0);
  }
}

export class Pareto {
  private readonly x: Side;
  private readonly y: Side;
  private readonly drawn: Drawn;
  private readonly about = el('p');
  private readonly below = el('div');

  /** @param columns with numbers, at least two */
  constructor(
    private readonly shown: Shown,
    columns: readonly Column[],
  ) {
    const draw = (): void => {
      this.draw();
    };
    const [a, b] = first(columns);
    this.x = new Side(shown, 'Across', columns, a, draw);
    this.y = new Side(shown, 'Up', columns, b, draw);
    const canvas = el('canvas', {
      role: 'img',
      'aria-label': 'Chart: the Pareto front; its points are in the table below',
    });
    this.drawn = new Drawn(canvas);
    byId('front-body').append(
      this.x.box,
      this.y.box,
      this.about,
      el('figure', { class: 'front-chart' }, el('div', { class: 'canvas' }, canvas)),
      this.below,
    );
    shown.onChange(draw);
    draw();
  }

  draw(): void {
    const { units } = this.shown;
    const [x, y] = [this.x.column.value, this.y.column.value];
    const [xs, ys] = [x, y].map((column) => {
      const cells = units.figuresOf(column);
      return Float64Array.from({ length: units.length }, (_, unit) => cells.mean(unit));
    }) as [Float64Array, Float64Array];
    const front = frontOf(
      { values: xs, better: this.x.better.value },
      { values: ys, better: this.y.better.value },
    );
    const isFront = new Set(front);
    const dot = (unit: number): Dot => ({ x: xs[unit] ?? NaN, y: ys[unit] ?? NaN, unit });
    const others: Dot[] = [];
    for (let unit = 0; unit < units.length; unit++)
      if (!isFront.has(unit) && Number.isFinite(xs[unit]) && Number.isFinite(ys[unit]))
        others.push(dot(unit));
    const missing = units.length - others.length - front.length;
    const thinned = this.thinned(others);
    const [dx, dy] = [scaleOf(x.data).divisor, scaleOf(y.data).divisor];
    const scaled = (one: Dot): Dot => ({ ...one, x: one.x / dx, y: one.y / dy });
    this.about.textContent = [
      `${count(front.length)} of ${plural(others.length + front.length, 'point')} are on the front: no other point is as good in both and better in one.`,
      ...(missing > 0
        ? [`${plural(missing, 'point')} without a number in both are left out.`]
        : []),
      ...(thinned.length < others.length
        ? ['Dots that would lie on each other are drawn once.']
        : []),
      this.shown.sentence,
    ].join(' ');
    this.drawn.draw(this.settings(front.map(dot).map(scaled), thinned.map(scaled)));
    this.below.replaceChildren(this.table(front));
  }

  /** One of all that would lie at the same place. */
  private thinned(dots: readonly Dot[]): readonly Dot[] {
    if (dots.length <= 2000) return dots;
    const [x, y] = [this.x, this.y].map(({ column, log }) => {
      const { least, most } = column.value.data;
      const [from, to] = [least ?? 0, most ?? 1];
      return (value: number): number =>
        Math.round(
          GRID *
            (log.on ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from)),
        );
    });
    const seen = new Set<number>();
    return dots.filter((dot) => {
      const place = (x?.(dot.x) ?? 0) * 2 * GRID + (y?.(dot.y) ?? 0);
      if (seen.has(place)) return false;
      seen.add(place);
      return true;
    });
  }

  private settings(front: readonly Dot[], others: readonly Dot[]): object {
    const [x, y] = [this.x.column.value.data, this.y.column.value.data];
    const title = (side: Side): object => ({
      title: {
        display: true,
        text: `${headOf(side.column.value.data)} (${side.better.value} is better)`,
      },
    });
    return {
      type: 'scatter',
      data: {
        datasets: [
          {
            ...{ label: 'on the front', data: front, showLine: true, stepped: 'before' },
            ...{ borderColor: ink.of('--after'), backgroundColor: ink.of('--after') },
            ...{ borderWidth: 1.5, pointRadius: 5, pointHoverRadius: 7 },
          },
          {
            ...{ label: 'beaten by another point', data: others, pointRadius: 2.5 },
            ...{ backgroundColor: `${ink.of('--faint')}60`, borderWidth: 0 },
          },
        ],
      },
      options: {
        ...{ animation: false, responsive: true, maintainAspectRatio: false, parsing: false },
        normalized: true,
        interaction: { mode: 'nearest', intersect: false },
        scales: {
          x: axis(x, this.x.log.on, title(this.x)),
          y: axis(y, this.y.log.on, title(this.y)),
        },
        plugins: {
          legend: { position: 'bottom', labels: { usePointStyle: true } },
          tooltip: {
            callbacks: { label: ({ raw }: { raw: Dot }) => this.tooltip(raw.unit) },
          },
        },
      },
    };
  }

  private tooltip(unit: number): string[] {
    const { units, table: data, parameters } = this.shown;
    const row = units.first[unit] ?? 0;
    return [
      `point ${count(data.point(row))}`,
      ...[this.x, this.y].map(
        ({ column }) => `${column.value.name}: ${this.valueText(column.value, unit)}`,
      ),
      ...parametersText(parameters, row).split(', '),
    ];
  }

  private valueText(column: Column, unit: number): string {
    const cells = this.shown.units.figuresOf(column);
    const mean = withUnit(column.data, cells.mean(unit));
    const n = cells.n[unit] ?? 0;
    if (n < 2) return mean;
    const span = spanText(column.data, cells.least[unit] ?? NaN, cells.most[unit] ?? NaN);
    return `${mean} (${String(n)} seeds: ${span})`;
  }

  private table(front: readonly number[]): HTMLElement {
    const { units, table: data, parameters } = this.shown;
    const [x, y] = [this.x.column.value, this.y.column.value];
    const rows = front.slice(0, MOST_ROWS).map((unit) => {
      const row = units.first[unit] ?? 0;
      return [
        count(data.point(row)),
        parametersText(parameters, row),
        ...[x, y].map((column) => measureText(column.data, units.figuresOf(column).mean(unit))),
        command(data.command(row)),
      ];
    });
    const head = ['point', 'where', headOf(x.data), headOf(y.data), commandHead(this.shown)];
    return el(
      'details',
      { open: front.length <= 10 },
      el('summary', {}, `Points on the front: ${count(front.length)}`),
      ...(front.length > rows.length
        ? [el('p', {}, `The first ${count(rows.length)} of ${count(front.length)}.`)]
        : []),
      table('points on the front', head, rows, 2),
    );
  }
}

/** One that is a gain beside one that is a cost, where there are both. */
function first(columns: readonly Column[]): readonly [Column, Column] {
  const gain = columns.find(({ data }) => data.better === 'more' && data.role === 'column');
  const cost = columns.find(({ data }) => data.better === 'less' && data.role === 'column');
  const [a, b] = columns;
  if (!a || !b) throw new Error('fewer than two columns with numbers');
  if (gain && cost) return [cost, gain];
  return [a, b];
}
