// SPDX-License-Identifier: GPL-2.0-only
// Heat maps: tables whose cells are coloured by a measure. They are walked with arrow keys; a click shows a cell's points.

import { count, listed, plural } from '../../../show/format';
import type { CellFigure } from '../model/cells';
import { type Map3, cellAt, mapOf } from '../model/map';
import type { Shown } from '../model/shown';
import type { Column } from '../model/table';
import { headOf, measureText, numberText, spanText, withUnit } from '../model/text';
import { type Dimensions, DimensionSelects, byGroups } from './dimensions';
import { Select, Tick, byId, el } from './dom';
import type { Filters } from './filters';
import { rampColour, rampGradient } from './ramp';

/** Values that are so many times each other are coloured by their logarithms. */
const LOG_FROM = 30;

const FIGURES: readonly { readonly text: string; readonly value: CellFigure }[] = [
  { text: 'mean', value: 'mean' },
  { text: 'least', value: 'least' },
  { text: 'most', value: 'most' },
];

/** Of what a map shows: from the least to the most value of its cells. */
interface Colours {
  readonly least: number;
  readonly most: number;
  readonly isLog: boolean;
}

export class HeatMap {
  private readonly measure: Select<Column | null>;
  private readonly figure: Select<CellFigure>;
  private readonly axes: DimensionSelects;
  private readonly log: Tick;
  private isLogChosen = false;
  private readonly about = el('p');
  private readonly ramp = el('div', { class: 'ramp' });
  private readonly maps = el('div', { class: 'maps' });
  private readonly says = el('p', { class: 'says' });

  constructor(
    private readonly shown: Shown,
    private readonly filters: Filters,
  ) {
    const draw = (): void => {
      this.draw();
    };
    const measures = shown.measures.map((value) => ({ text: value.name, value }));
    this.measure = new Select<Column | null>(
      'Measure',
      [...measures, { text: 'number of points', value: null }],
      measures[0]?.value ?? null,
      draw,
    );
    this.figure = new Select('of a cell the', FIGURES, 'mean', draw);
    const [x = null, y = null] = byGroups(shown);
    this.axes = new DimensionSelects(
      shown,
      [
        ['across', 'nothing', x],
        ['down', 'nothing', y],
        ['a map for each', 'all', null],
      ],
      draw,
    );
    this.log = new Tick('Logarithmic colours', false, () => {
      this.isLogChosen = true;
      this.draw();
    });
    byId('map-body').append(
      el(
        'div',
        { class: 'controls' },
        ...[this.measure, this.figure, ...this.axes.all, this.log].map(({ label }) => label),
      ),
      this.about,
      this.ramp,
      this.says,
      this.maps,
    );
    this.maps.addEventListener('keydown', (event) => {
      if (this.key(event)) event.preventDefault();
    });
    for (const event of ['focusin', 'pointerover'])
      this.maps.addEventListener(event, ({ target }) => {
        const cell = (target as HTMLElement).closest<HTMLElement>('td[aria-label]');
        if (cell) this.says.textContent = cell.getAttribute('aria-label');
      });
    shown.onChange(draw);
    draw();
  }

  private draw(): void {
    const dimensions = this.axes.chosen;
    const measure = this.measure.value;
    const map = mapOf(this.shown, { measure, dimensions });
    const colours = this.coloursOf(map);
    this.about.textContent = this.aboutText(measure, dimensions, map);
    this.ramp.replaceChildren(
      ...(colours ? legend(colours, measure) : ['No point has a value here.']),
    );
    this.says.textContent = colours
      ? 'Point at a cell, or walk the map with arrow keys: its values stand here. Click or Enter shows the points of a cell alone.'
      : '';
    const all = Array.from({ length: map.sizes[2] }, (_, k) => k).filter((k) =>
      some(map, (i, j) => cellAt(map.sizes, i, j, k)),
    );
    this.maps.classList.toggle('several', all.length > 1);
    this.maps.replaceChildren(
      ...(colours ? all.map((k) => this.table(map, dimensions, k, colours)) : []),
    );
    const first = this.maps.querySelector<HTMLElement>('td[data-cell]');
    if (first) first.tabIndex = 0;
  }

  /** Null where no cell has a value. */
  private coloursOf({ cells }: Map3): Colours | null {
    let [least, most] = [Infinity, -Infinity];
    for (let cell = 0; cell < cells.length; cell++) {
      const value = this.valueOf(cells, cell);
      if (Number.isNaN(value)) continue;
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    this.log.box.disabled = !(least > 0);
    if (!this.isLogChosen) this.log.box.checked = least > 0 && most / least >= LOG_FROM;
    return most < least ? null : { least, most, isLog: this.log.on };
  }

  private valueOf(cells: Map3['cells'], cell: number): number {
    if (this.measure.value === null) return (cells.n[cell] ?? 0) || NaN;
    return cells.at(cell, this.figure.value);
  }

  private aboutText(measure: Column | null, dimensions: Dimensions, map: Map3): string {
    const others = this.axes.others();
    const over = others.length === 0 ? '' : ` over all values of ${listed(others)}`;
    const what =
      measure === null
        ? 'Each cell is a number of points'
        : `Each cell is the ${this.figure.value} of ${headOf(measure.data)}${measure.data.kind === 'boolean' ? ' (share that is true)' : ''}`;
    const { all, rows } = this.shown.data;
    const left =
      rows === all
        ? ''
        : map.ofAll
          ? ` All ${count(all)} points are in it.`
          : ` It has the points of this page only, ${count(rows)} of ${count(all)}.`;
    const isRange = dimensions.some((one) => one?.groups.ofNumber);
    const ranges = isRange ? ' A range goes to below its second number.' : '';
    return `${what}${over}.${ranges}${left} ${this.shown.filters.size > 0 ? this.shown.sentence : ''}`;
  }

  private table(map: Map3, dimensions: Dimensions, k: number, colours: Colours): HTMLElement {
    const [x, y, z] = dimensions;
    const { sizes, cells } = map;
    const used = (
      length: number,
      cell: (i: number, other: number) => number,
      others: number,
    ): number[] =>
      Array.from({ length }, (_, i) => i).filter((i) =>
        Array.from({ length: others }, (_, other) => cell(i, other)).some(
          (at) => (cells.n[at] ?? 0) > 0,
        ),
      );
    const across = used(sizes[0], (i, j) => cellAt(sizes, i, j, k), sizes[1]);
    const down = used(sizes[1], (j, i) => cellAt(sizes, i, j, k), sizes[0]);
    const label = (column: Column | null, group: number): string =>
      column?.groups.labels[group] ?? 'all';
    const title = z ? `${headOf(z.data)}: ${label(z, k)}` : '';
    const corner = [y ? `${headOf(y.data)} ↓` : '', x ? `${headOf(x.data)} →` : ''];
    const head = el(
      'tr',
      {},
      el('th', { class: 'axis', scope: 'col' }, corner.filter((one) => one !== '').join(' ')),
      ...across.map((i) => el('th', { scope: 'col' }, label(x, i))),
    );
    const body = down.map((j) =>
      el(
        'tr',
        {},
        el('th', { scope: 'row' }, label(y, j)),
        ...across.map((i) => this.cell(map, dimensions, [i, j, k], colours)),
      ),
    );
    const name = this.measure.value?.name ?? 'number of points';
    return el(
      'div',
      { class: 'scroll' },
      el(
        'table',
        {
          class: 'map',
          role: 'grid',
          'aria-label': `Heat map: ${name}${title === '' ? '' : `, ${title}`}`,
        },
        ...(title === '' ? [] : [el('caption', {}, title)]),
        el('thead', {}, head),
        el('tbody', {}, ...body),
      ),
    );
  }

  private cell(
    { cells, sizes }: Map3,
    dimensions: Dimensions,
    place: readonly [number, number, number],
    colours: Colours,
  ): HTMLElement {
    const cell = cellAt(sizes, ...place);
    const measure = this.measure.value;
    const where = dimensions.flatMap((column, d) =>
      column ? [`${column.name} ${column.groups.labels[place[d] ?? 0] ?? ''}`] : [],
    );
    const value = this.valueOf(cells, cell);
    if (Number.isNaN(value))
      return el('td', {
        class: 'none',
        tabindex: -1,
        'aria-label': `${where.join(', ')}: no value`,
      });
    const n = cells.n[cell] ?? 0;
    const points = plural(n, 'point');
    const figures =
      measure === null
        ? points
        : `mean ${withUnit(measure.data, cells.mean(cell))}, ${spanText(measure.data, cells.least[cell] ?? NaN, cells.most[cell] ?? NaN)}, ${points}`;
    const made = el(
      'td',
      {
        'data-cell': place.join(' '),
        tabindex: -1,
        'aria-label': `${where.join(', ')}: ${figures}`,
      },
      measure === null ? count(n) : measureText(measure.data, value),
    );
    const { back, ink } = rampColour(shareOf(value, colours));
    made.style.background = back;
    made.style.color = ink;
    made.addEventListener('click', () => {
      this.open(dimensions, place);
    });
    return made;
  }

  private open(dimensions: Dimensions, place: readonly [number, number, number]): void {
    this.filters.only(
      dimensions.flatMap((column, d) => (column ? [[column, place[d] ?? 0] as const] : [])),
    );
    byId('points').scrollIntoView();
    document.querySelector<HTMLElement>('#points-body .scroll')?.focus();
  }

  private key(event: KeyboardEvent): boolean {
    const cell = (event.target as HTMLElement).closest('td');
    const row = cell?.closest('tr');
    if (!cell || !row || event.ctrlKey || event.metaKey || event.altKey) return false;
    const rows = [...(row.parentElement?.children ?? [])] as HTMLTableRowElement[];
    const [i, j] = [cell.cellIndex, rows.indexOf(row)];
    if (event.key === 'Enter') {
      cell.click();
      return true;
    }
    const to: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [i - 1, j],
      ArrowRight: [i + 1, j],
      ArrowUp: [i, j - 1],
      ArrowDown: [i, j + 1],
      Home: [1, j],
      End: [row.cells.length - 1, j],
    };
    const [column, line] = to[event.key] ?? [-1, -1];
    const next = rows[line]?.cells[column];
    if (!(event.key in to)) return false;
    if (column < 1 || !next) return true;
    cell.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
    return true;
  }
}

function some({ cells, sizes }: Map3, at: (i: number, j: number) => number): boolean {
  for (let j = 0; j < sizes[1]; j++)
    for (let i = 0; i < sizes[0]; i++) if ((cells.n[at(i, j)] ?? 0) > 0) return true;
  return false;
}

function shareOf(value: number, { least, most, isLog }: Colours): number {
  if (most === least) return 0.5;
  return isLog
    ? Math.log(value / least) / Math.log(most / least)
    : (value - least) / (most - least);
}

function legend({ least, most, isLog }: Colours, measure: Column | null): HTMLElement[] {
  const text = (n: number): string =>
    measure === null ? numberText(n) : withUnit(measure.data, n);
  const scale = el('span', { class: 'scale', 'aria-hidden': 'true' });
  scale.style.background = rampGradient();
  return [
    el('span', {}, text(least)),
    scale,
    el('span', {}, `${text(most)}${isLog ? ', logarithmic' : ''}`),
  ];
}
