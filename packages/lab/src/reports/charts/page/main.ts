// SPDX-License-Identifier: GPL-2.0-only
// Runs in the reader's browser, after Chart.js: draws the charts of the page's data and follows its switches.

import type { Chart as ChartClass } from 'chart.js';
import type { ChartView, Key } from '../view';
import { hatched } from './hatch';
import { Ink } from './ink';
import { labels } from './labels';
import { type Look, isLying, nothing, settings } from './settings';

const Chart = Reflect.get(window, 'Chart') as typeof ChartClass;
const views = JSON.parse(document.getElementById('charts')?.textContent ?? '[]') as ChartView[];
/** Names of switches that are on, by chart. */
const on = new Map(views.map((view) => [view.id, new Set<string>(view.on)]));
/** What is not chosen. */
const left = { policy: new Set<string>(), group: new Set<number>() };
const drawn = new Map<string, ChartClass>();
/** Bars lie on pages narrower than this. */
const NARROW = 560;
const ink = new Ink();

const boxes = document.querySelectorAll<HTMLInputElement>('input[data-choose]');

function isChosen({ policy, group }: Key): boolean {
  return (
    (policy === null || !left.policy.has(policy)) && (group === null || !left.group.has(group))
  );
}

function lookOf(view: ChartView, width: number): Look {
  return {
    ...{ isChosen, ink: ink.of, narrow: width < NARROW },
    on: on.get(view.id) ?? new Set(),
    hatch: (colour) => hatched(colour, ink.of('--page')),
  };
}

function current(chart: ChartClass): { view: ChartView; look: Look } | null {
  const view = views.find(({ id }) => id === chart.canvas.id);
  const width = chart.canvas.parentElement?.clientWidth ?? 0;
  return view ? { view, look: lookOf(view, width) } : null;
}

/** Pixels of the plot: lying bars have a line each. */
function plotHeight(view: ChartView, look: Look, rows: number, series: number): number {
  if (!isLying(view, look)) return 300;
  const each = view.kind === 'stack' ? 24 : 14 * series + 8;
  return each * rows + 80;
}

function draw(view: ChartView): void {
  const canvas = document.getElementById(view.id) as HTMLCanvasElement | null;
  const box = canvas?.parentElement;
  const empty = document.getElementById(`${view.id}-empty`);
  if (!canvas || !box || !empty) return;
  drawn.get(view.id)?.destroy();
  drawn.delete(view.id);
  const look = lookOf(view, box.clientWidth);
  const why = nothing(view, look);
  empty.textContent = why ?? '';
  empty.hidden = why === null;
  box.hidden = why !== null;
  if (why !== null) return;
  const config = settings(view, lookOf(view, box.clientWidth));
  const entries = config.data.datasets.length;
  // Legends of many entries need room of their own.
  const legend = Math.ceil(entries / Math.max(1, Math.floor(box.clientWidth / 170))) * 22;
  const rows = config.data.labels?.length ?? 0;
  box.style.height = `${String(plotHeight(view, look, rows, entries) + legend)}px`;
  drawn.set(view.id, new Chart(canvas, config));
}

function drawAll(): void {
  Chart.defaults.color = ink.of('--ink');
  Chart.defaults.font.family = 'system-ui, sans-serif';
  views.forEach(draw);
}

/** Rows of the tables go with what is drawn. */
function showRows(): void {
  for (const row of document.querySelectorAll<HTMLElement>('tr[data-policy], tr[data-group]')) {
    const { policy = null, group } = row.dataset;
    row.hidden = !isChosen({ policy, group: group === undefined ? null : Number(group) });
  }
  const status = document.getElementById('chosen');
  if (status) status.textContent = statusText();
}

function statusText(): string {
  for (const [kind, words] of [
    ['policy', 'policy'],
    ['group', 'group of jobs'],
  ] as const) {
    const own = [...boxes].filter((box) => box.dataset['choose'] === kind);
    if (own.length > 0 && own.every((box) => !box.checked))
      return `No ${words} is chosen: charts and tables below are empty. Tick at least one.`;
  }
  const all = [...boxes].every((box) => box.checked);
  return all ? '' : 'Charts and tables below show what is chosen.';
}

function hasChoice({ series, labelKeys, lines }: ChartView): boolean {
  return labelKeys.length > 0 || [...series, ...lines].some(({ policy }) => policy !== null);
}

function choose(): void {
  left.policy.clear();
  left.group.clear();
  for (const box of boxes) {
    if (box.checked) continue;
    if (box.dataset['choose'] === 'policy') left.policy.add(box.value);
    else left.group.add(Number(box.value));
  }
  showRows();
  views.filter(hasChoice).forEach(draw);
}

function turn(button: HTMLButtonElement): void {
  const view = views.find(({ id }) => id === button.dataset['chart']);
  const name = view?.switches.find((one) => one === button.dataset['switch']);
  const is = on.get(view?.id ?? '');
  if (!view || !name || !is) return;
  if (!is.delete(name)) is.add(name);
  button.setAttribute('aria-pressed', String(is.has(name)));
  draw(view);
}

/** A page that becomes narrow lays its bars down. */
function watchWidth(): void {
  let was = 0;
  new ResizeObserver(([entry]) => {
    const width = entry?.contentRect.width ?? 0;
    if (was > 0 && was < NARROW !== width < NARROW) drawAll();
    was = width;
  }).observe(document.body);
}

Chart.register(labels(current));
for (const hidden of document.querySelectorAll<HTMLElement>('figure.chart, #choice'))
  hidden.hidden = false;
for (const box of boxes) box.addEventListener('change', choose);
for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-switch]'))
  button.addEventListener('click', () => {
    turn(button);
  });
ink.follow(drawAll);
drawAll();
watchWidth();
