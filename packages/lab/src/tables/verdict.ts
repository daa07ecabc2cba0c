// SPDX-License-Identifier: GPL-2.0-only
// The verdict of a replay in words and as rows: what the series would do for the mix of a capture.

import type {
  BreakEvenVerdict,
  CaptureSection,
  NsRange,
  ReplayDocument,
  VerdictSection,
} from '../compare';
import { count, decimalSize, micros, percent, significant, sizeLimit } from '../show/format';

/** From this share of the drawn cost sets on, the verdict is clear. */
const CLEAR = 0.95;

/** The first line, and the page's headline. */
export function verdictLine(document: ReplayDocument): string {
  const { verdict, pool_off: off } = document;
  if (off !== null) return `The series changes nothing here, since its pool is off: ${off}.`;
  if (!verdict) return '';
  if (verdict.mappings === 0)
    return 'No streaming mapping was replayed, so there is nothing that the series could change.';
  const { before, series } = verdict;
  return `${leftOut(document)}${answer(verdict)}: ${us(series.ns)} µs of CPU per map and unmap instead of ${us(before.ns)} µs; ${pays(verdict)}.`;
}

/** What the figures rest on. */
export function verdictBasis({ verdict, pool_off: off }: ReplayDocument): string {
  if (!verdict || off !== null || verdict.mappings === 0) return '';
  const { preset, before, series, series_wins: wins, drawn_sets: sets, uncertainty } = verdict;
  const from =
    uncertainty === 'calibration'
      ? '5 to 95 % of what the calibration accepted'
      : 'half to twice its value';
  return (
    `${shares(verdict)} ` +
    `Modelled, not measured: counted steps of the port, filling and evicting buffers included; costs of the preset ${preset}. With each uncertain cost anywhere in ` +
    `${from}, 90 % of ${count(sets)} cost sets give ${range(series)} µs instead of ${range(before)} µs, and the ` +
    `series takes less CPU time in ${percent(wins, 0)} of them.${advice(verdict)}`
  );
}

const PAGE = 4096;

/** Where the pool copies more than pays, classes that do not: the largest power of two below all break-even sizes. */
function advice({ break_even: found }: VerdictSection): string {
  if (!found.some((one) => one.mappings_above > 0)) return '';
  const limits = found.map(({ copying_wins: wins, bytes }) =>
    wins === 'always' ? Infinity : (bytes ?? 0),
  );
  const largest = 2 ** Math.floor(Math.log2(Math.min(...limits)));
  if (largest < PAGE) return '';
  // A bit of class_sizes is a class of as many pages as the bit is worth.
  let mask = 0;
  for (let size = PAGE; size <= largest; size *= 2) mask |= size / PAGE;
  return ` Try --params io_buffer_pool.class_sizes=${String(mask)}: classes up to ${sizeLimit(largest)} only.`;
}

/** What the verdict is not about, so that no share of it looks like all. */
function leftOut({ captures }: ReplayDocument): string {
  const sum = (of: (capture: CaptureSection) => number): number =>
    captures.reduce((all, capture) => all + of(capture), 0);
  const events = sum(({ iommu_map: maps }) => maps.events);
  const without = sum(({ iommu_map: maps }) => maps.without_call);
  const untranslated = sum(
    ({ devices }) => devices.filter((one) => one.maps > 0 && one.translated === false).length,
  );
  const rest =
    without > 0
      ? `${count(without)} of ${count(events)} iommu:map events belong to no dma:* call and are left out here. `
      : '';
  return untranslated > 0
    ? `${rest}As if ${count(untranslated)} ${untranslated === 1 ? 'device that was' : 'devices that were'} not translated had been: `
    : rest;
}

/** The shares that the first line counts. */
function shares({ break_even: found, mappings }: VerdictSection): string {
  const parts = found.flatMap((one) => {
    const of = (n: number, what: string): string[] =>
      n === 0 ? [] : [`${floored(n, mappings)} are ${one.direction}s ${what}`];
    return [
      ...of(one.mappings_below, 'for which copying costs less'),
      ...of(one.mappings_above, 'for which it costs more'),
      ...of(one.mappings_past_pool, "larger than the pool's largest class"),
    ];
  });
  return `Of the ${count(mappings)} streaming mappings that were replayed ${parts.join(', ')}.`;
}

function answer({ series_wins: wins }: VerdictSection): string {
  if (wins >= CLEAR) return 'The series helps';
  return wins <= 1 - CLEAR ? 'The series does not help' : 'It depends on the costs';
}

/** Below which size copying pays, for each direction. */
function pays({ break_even: found, mappings }: VerdictSection): string {
  const past = found.reduce((sum, one) => sum + one.mappings_past_pool, 0);
  const parts = found.map((one) => paysOf(one, found.length > 1, mappings));
  if (past > 0)
    parts.push(
      `larger than the pool's largest class, so mapped as before: ${part(past, mappings)}`,
    );
  return parts.join('; ');
}

function paysOf(one: BreakEvenVerdict, several: boolean, mappings: number): string {
  const { copying_wins: wins, bytes, mappings_below: below, mappings_above: above } = one;
  const who = several ? `${one.direction === 'read' ? 'reads' : 'writes'}: ` : '';
  if (wins === 'always')
    return `${who}pays at every size that the pool takes (${part(below, mappings)})`;
  if (wins === 'never') return `${who}pays at no size (${part(above, mappings)})`;
  return `${who}pays below ${decimalSize(bytes ?? 0)} (${part(below, mappings)}), not above (${part(above, mappings)})`;
}

function part(n: number, mappings: number): string {
  return `${count(n)} of ${count(mappings)} mappings`;
}

/** Never rounded up to all of them. */
function floored(n: number, mappings: number): string {
  return `${(Math.floor((n / mappings) * 1000) / 10).toFixed(1)} %`;
}

/** Microseconds with three significant digits. */
function us(ns: number): string {
  return significant(ns / 1000, 3);
}

function range({ p5, p95 }: NsRange): string {
  return `${us(p5)} to ${us(p95)}`;
}

export const SIZE_HEAD = [
  'direction',
  'up to',
  'mappings',
  'through the pool',
  'before, µs',
  'series, µs',
];

/** A row for each direction and size; empty without a verdict. */
export function sizeRows({ verdict, pool_off: off }: ReplayDocument): string[][] {
  if (!verdict || off !== null) return [];
  return verdict.by_size.map((row) => [
    row.direction,
    sizeLimit(row.size_up_to),
    count(row.mappings),
    count(row.pool_mappings),
    ...[row.before_ns, row.series_ns].map((ns) =>
      row.unmaps === 0 ? `map only: ${micros(ns)}` : micros(ns),
    ),
  ]);
}
