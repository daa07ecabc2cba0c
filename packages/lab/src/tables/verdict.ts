// SPDX-License-Identifier: GPL-2.0-only
// The verdict of a replay in words and as rows: what the series would do for the mix of a capture.

import { classBytes } from '@iommu-bounce/simulation';
import type {
  BreakEvenVerdict,
  CaptureDevice,
  CaptureSection,
  ReplayDocument,
  VerdictSection,
} from '../compare';
import { ENOUGH, payingClasses } from '../compare';
import {
  are,
  count,
  decimalSize,
  micros,
  percent,
  plural,
  range,
  shortMicros,
  sizeLimit,
} from '../show/format';
import { sum } from '../show/sum';

/** From this share of the drawn cost sets on the verdict is clear, and from that on probable. */
const CLEAR = 0.95;
const PROBABLE = 0.8;

/** The first line, and the page's headline. */
export function verdictLine(document: ReplayDocument): string {
  const { verdict, pool_off: off } = document;
  if (off !== null) return `The series changes nothing here, since its pool is off: ${off}.`;
  if (!verdict) return '';
  if (verdict.mappings === 0) {
    const unknown = sum(document.captures, ({ iommu_map: maps }) => maps.without_call);
    return unknown > 0
      ? `Whether the series helps, this capture cannot tell: ${plural(unknown, 'iommu:map event')}, and no call of the DMA API.`
      : 'No dma_map_page and no dma_map_sg was replayed, so there is nothing that the series could change.';
  }
  const { before, series, pool_mappings: through, mappings, unmaps } = verdict;
  const rest = leftOut(document);
  if (through === 0)
    return `${rest.text}The series changes nothing here: none of the ${plural(mappings, 'mapping')} goes through its pool, whose classes are smaller or full.`;
  const per = unmaps === 0 ? 'per map (no unmap was recorded)' : 'per map and unmap';
  const figures = `${shortMicros(series.ns)} µs of CPU ${per} instead of ${shortMicros(before.ns)} µs${pays(verdict, readsOf(document))}.`;
  return `${rest.text}${machine(document)}${rest.isMost ? 'For the rest' : answer(verdict)}: ${figures}`;
}

/** What the figures rest on. */
export function verdictBasis(document: ReplayDocument): string {
  const { verdict, pool_off: off } = document;
  if (!verdict || off !== null || verdict.pool_mappings === 0) return '';
  const { preset, before, series, series_wins: wins, drawn_sets: sets, uncertainty } = verdict;
  const from =
    uncertainty === 'calibration'
      ? '5 to 95 % of what the calibration accepted'
      : 'half to twice its value';
  return (
    `${shares(verdict, readsOf(document))} ` +
    `Modelled, not measured: counted steps of the port, filling and evicting buffers included; costs of the preset ${preset}. With each uncertain cost anywhere in ` +
    `${from}, 90 % of ${count(sets)} cost sets give ${range([series.p5, series.p95], shortMicros)} µs instead of ${range([before.p5, before.p95], shortMicros)} µs, and the ` +
    `series takes less CPU time in ${percent(wins, 0)} of them.${advice(verdict)}`
  );
}

/** The machine of the figures, where it is not the recorded one. */
function machine({ recorded_on: on, verdict }: ReplayDocument): string {
  const name = (isVirtio: boolean): string => (isVirtio ? 'virtio-iommu' : 'bare metal');
  const kind = name(verdict?.iommu === 'virtio-iommu');
  if (on.some(({ from }) => from === 'assumed')) return `Assuming ${kind}. `;
  return on.every(({ iommu }) => name(iommu === 'virtio-iommu') === kind)
    ? ''
    : `On ${kind}, which is not what was recorded. `;
}

/** What the verdict is not about, so that no share of it looks like all. */
function leftOut({ captures }: ReplayDocument): {
  readonly text: string;
  readonly isMost: boolean;
} {
  const events = sum(captures, ({ iommu_map: maps }) => maps.events);
  const made = sum(captures, ({ reconstructed }) => reconstructed.requests);
  const without = sum(
    captures,
    ({ iommu_map: maps, reconstructed }) => maps.without_call - reconstructed.iommu_maps,
  );
  const maps = (one: CaptureDevice): boolean => one.maps > 0;
  const untranslated = sum(
    captures,
    ({ devices }) => devices.filter((one) => maps(one) && one.translated === false).length,
  );
  const text = [
    lostText(captures),
    without > 0
      ? `${count(without)} of ${plural(events, 'iommu:map event')} ${without === 1 ? 'belongs' : 'belong'} to no dma:* call and ${are(without)} left out here. `
      : '',
    made > 0
      ? `${plural(made, 'request')} of unknown direction ${are(made)} put together from events without a call. `
      : '',
    untranslatedText(
      untranslated,
      sum(captures, (one) => one.devices.filter(maps).length),
    ),
  ].join('');
  return { text, isMost: without > events / 2 };
}

function untranslatedText(untranslated: number, devices: number): string {
  if (untranslated === 0) return '';
  if (untranslated === devices) return 'No IOMMU translates here, so this is a what-if. ';
  return `${plural(untranslated, 'device')} that no IOMMU translates ${are(untranslated)} counted as if translated. `;
}

/** Marks of a tracer may have no number of events. */
function lostText(captures: readonly CaptureSection[]): string {
  const losses = captures.flatMap((capture) => capture.losses.lost_by_cpu);
  if (losses.length === 0) return '';
  const lost = sum(losses, ({ events }) => events);
  const isMore = losses.some(({ unknown }) => unknown > 0);
  if (lost === 0) return 'The tracer lost an unknown number of events; no figure includes them. ';
  const them = lost === 1 && !isMore ? 'it' : 'them';
  return `The tracer lost ${isMore ? 'more than ' : ''}${plural(lost, 'event')}; no figure includes ${them}. `;
}

/** Requests of unknown direction are copied both ways, so they are counted with those that the unmap copies. */
function readsOf({ captures }: ReplayDocument): string {
  return captures.some(({ reconstructed }) => reconstructed.requests > 0)
    ? 'reads or of unknown direction'
    : 'reads';
}

function answer({ series_wins: wins, mappings, unmaps }: VerdictSection): string {
  const fewest = Math.min(mappings, unmaps);
  if (fewest < ENOUGH)
    return `Too little for a verdict (${plural(mappings, 'mapping')}, ${plural(unmaps, 'unmap')})`;
  if (wins >= PROBABLE) return wins >= CLEAR ? 'The series helps' : 'The series probably helps';
  if (wins > 1 - PROBABLE) return 'It depends on the costs';
  return `The series ${wins > 1 - CLEAR ? 'probably ' : ''}does not help`;
}

/** Up to which size copying pays, for each direction. */
function pays({ break_even: found, mappings }: VerdictSection, reads: string): string {
  const several = found.length > 1;
  const parts = found.map((one) => {
    const said = paysOf(one, mappings);
    return said !== '' && several
      ? `${one.direction === 'read' ? reads : 'writes'}: ${said}`
      : said;
  });
  return parts.some((part) => part !== '') ? `; ${parts.filter(Boolean).join('; ')}` : '';
}

function paysOf(one: BreakEvenVerdict, mappings: number): string {
  const { bytes, pays_up_to: upTo, mappings_cheaper: cheaper, mappings_dearer: dearer } = one;
  if (cheaper + dearer === 0) return '';
  const below = bytes === null ? null : `pays below ${decimalSize(bytes)}`;
  if (dearer === 0) {
    const size =
      below === null
        ? 'pays at every size that the pool takes'
        : `${below}; all mappings are smaller`;
    return `${size} (${part(cheaper, mappings)})`;
  }
  if (cheaper === 0) {
    const size =
      below === null ? 'pays at no size that is here' : `${below}; all mappings are larger`;
    return `${size} (${part(dearer, mappings)})`;
  }
  const size = below ?? (upTo > 0 ? `pays up to ${sizeLimit(upTo)}` : 'pays at some sizes');
  return `${size} (${part(cheaper, mappings)}), not above (${part(dearer, mappings)})`;
}

function part(n: number, mappings: number): string {
  return `${count(n)} of ${plural(mappings, 'mapping')}`;
}

/** The shares that the first line counts, and those that it leaves out. */
function shares({ break_even: found, mappings, unmaps }: VerdictSection, reads: string): string {
  const parts = found.flatMap((one) => {
    const of = (n: number, what: string): string[] =>
      n === 0
        ? []
        : [`${rounded(n, mappings)} are ${one.direction === 'read' ? reads : 'writes'} ${what}`];
    return [
      ...of(one.mappings_cheaper, 'of sizes at which the series costs less'),
      ...of(one.mappings_dearer, 'of sizes at which it costs more'),
      ...of(one.mappings_past_pool, 'that no buffer of the pool served'),
      ...of(one.mappings_without_unmap, 'of which no unmap was recorded'),
    ];
  });
  return `Of the ${plural(mappings, 'streaming mapping')} that ${mappings === 1 ? 'was' : 'were'} replayed, ${parts.join(', ')}.${leftMapped(mappings - unmaps, unmaps)}`;
}

/** What "per map and unmap" means then. */
function leftMapped(left: number, unmaps: number): string {
  return left <= 0 || unmaps === 0
    ? ''
    : ` ${plural(left, 'mapping')} ${are(left)} never unmapped here: the time is that of a mean map plus a mean unmap.`;
}

/** Rounded, but never to all or none of them. */
function rounded(n: number, mappings: number): string {
  const tenths = Math.round((n / mappings) * 1000);
  const shown = n < mappings ? Math.min(999, Math.max(1, tenths)) : tenths;
  return `${(shown / 10).toFixed(1)} %`;
}

/** Where the pool copies more than pays: only classes up to a size at which all rows pay. */
function advice(verdict: VerdictSection): string {
  const mask = payingClasses(verdict) ?? 0;
  const largest = classBytes(mask).at(-1);
  if (largest === undefined) return '';
  return ` Try io_buffer_pool.class_sizes=${String(mask)} in --params: classes up to ${sizeLimit(largest)} only.`;
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
