// SPDX-License-Identifier: GPL-2.0-only
// What a capture shows beside its calls, as paragraphs, lists and tables: the same for a terminal and for a page.

import type { CaptureDevice, CaptureSection, IommuEventSection, KindRow } from '../compare';
import { oneLine } from '../errors';
import { count, plural } from '../show/format';
import type { Part } from '../show/parts';
import { differentUnmap, faultLine, secondUnmap, straySync, strayUnmap } from './capture-lines';
import { logLines, lossLines, reconstructedLines } from './capture-losses';
import { MOST_LINES, bytes, cell, cutLines, list, where } from './capture-words';
import { sum } from '../show/sum';

export const CAPTURE_TITLE = 'What the capture shows beside its calls';

/** Rows of a table that are shown. */
const MOST_ROWS = 12;

/** In the order of reading: events, devices, then what went wrong. */
export function captureParts(capture: CaptureSection): Part[] {
  const log = logLines(capture);
  return [
    lossLines(capture),
    eventLines(capture),
    ...(log.length > 0 ? [log] : []),
    ...devices(capture),
    ...faults(capture),
    ...unmaps(capture),
    ...neverUnmapped(capture),
    ...bounces(capture),
    ...rest(capture),
  ];
}

function eventLines(capture: CaptureSection): readonly string[] {
  const { iommu_map: maps, iommu_unmap: unmaps } = capture;
  const calls = sum(capture.devices, (one) => one.maps + one.failed_calls) + strays(capture);
  if (maps.events + unmaps.events === 0)
    return [
      'The capture has no iommu:map and no iommu:unmap event: what reached the IOMMU was not recorded, so nothing is compared with it.',
    ];
  const lines = [
    eventLine('iommu:map', maps, capture, calls > 0),
    eventLine('iommu:unmap', unmaps, capture, calls > 0),
  ];
  if (unmaps.short > 0)
    lines.push(`${count(unmaps.short)} iommu:unmap events unmapped less than they were asked for.`);
  lines.push(...reconstructedLines(capture));
  if (calls > 0 && maps.without_call > 0)
    lines.push(
      'Events without a call come from dma_iova_link (the block layer since about Linux 6.17), from pages of message ' +
        'interrupts, from VFIO, and from calls that are not in the capture.',
    );
  return lines;
}

function eventLine(
  name: string,
  of: IommuEventSection,
  capture: CaptureSection,
  hasCalls: boolean,
): string {
  const all = `${name}: ${plural(of.events, 'event')}, ${bytes(of.bytes)}`;
  if (of.events === 0) return `${all}.`;
  if (of.without_call === 0) return `${all}; each belongs to a DMA API call of the capture.`;
  const first = places(
    of.first_without_call.map((one) => one.place),
    capture,
  );
  const [one] = of.first_without_call;
  const task = one ? `, in task ${oneLine(one.task)}` : '';
  const none = hasCalls
    ? `${count(of.without_call)} of these ${count(of.events)} events (${bytes(of.without_call_bytes)}) belong to no dma:* call`
    : 'none belongs to a dma:* call, since the capture has none';
  return `${all}; ${none}. First: ${first}${task}.`;
}

function devices(capture: CaptureSection): Part[] {
  const { devices: all } = capture;
  if (all.length === 0) return [];
  const rows = all.map((one) => [
    cell(one.device),
    count(one.maps),
    count(one.unmaps),
    count(one.never_unmapped),
    count(one.failed_calls),
    count(one.faults),
    one.translated === null ? 'not told' : one.translated ? 'yes' : 'no',
  ]);
  const untranslated = all.filter(
    (one) => one.maps > 0 && (one.translated !== true || one.at_physical_address > 0),
  );
  return [
    {
      title: '',
      head: ['device', 'maps', 'unmaps', 'never unmapped', 'failed maps', 'faults', 'translated'],
      rows: cut(rows, MOST_ROWS * 2),
      numbersFrom: 1,
      textFrom: 6,
    },
    ...(untranslated.length > 0 ? [cutLines(untranslated.map(translationLine))] : []),
  ];
}

function translationLine(one: CaptureDevice): string {
  const name = oneLine(one.device);
  const maps = plural(one.maps, 'mapping');
  const asIf = 'It is replayed as if an IOMMU translated it';
  if (one.translated === true)
    return `${name}: ${count(one.at_physical_address)} of its ${maps} have no iommu:map event and the physical address as DMA address: not translated then.`;
  switch (one.told_by) {
    case 'same-address':
      return `${name} is not translated: the DMA address of each of its ${maps} is the physical address. ${asIf}.`;
    case 'facts':
      return `${name} is not translated: the facts say that its IOMMU group is of type identity. ${asIf}.`;
    case 'swiotlb':
      return `${name} is not translated: no iommu:map event is its own, and swiotlb bounced ${plural(one.swiotlb_bounces, 'time')} for its ${maps}. ${asIf}.`;
    case 'no-events':
      return `${name} seems not to be translated: none of its ${maps} has an iommu:map event, while those of other devices have. ${asIf}.`;
    default:
      return `Whether an IOMMU translates ${name} is not told: none of its ${maps} has an iommu:map event, nor has any other device's. ${asIf}.`;
  }
}

function faults(capture: CaptureSection): Part[] {
  const { count: n, by_state: states, first } = capture.faults;
  if (n === 0) return [];
  const names = [
    [states.freed, 'in a buffer that was freed'],
    [states.mapped, 'in a buffer that is mapped'],
    [states.never, 'where the capture has nothing mapped'],
    [states.unknown, 'unknown'],
  ] as const;
  const said = names.flatMap(([many, name]) => (many > 0 ? [`${count(many)} ${name}`] : []));
  return [
    `Faults (io_page_fault): ${count(n)}, of these ${said.join(', ')}.${lostRemark(capture)}`,
    cutLines(
      first.map((one) => faultLine(one, capture)),
      n,
    ),
  ];
}

function unmaps(capture: CaptureSection): Part[] {
  const { different_unmaps: different, second_unmaps: second } = capture;
  const { unmaps_without_map: without, syncs_without_map: syncs } = capture;
  const parts: Part[] = [];
  if (different.count > 0)
    parts.push(
      `Unmaps that differ from their map: ${count(different.count)}. What comes back from a bounce buffer follows the unmap.`,
      cutLines(
        different.first.map((one) => differentUnmap(one, capture)),
        different.count,
      ),
    );
  if (second.count > 0)
    parts.push(
      `Unmaps of what was unmapped before: ${count(second.count)}.${lostRemark(capture)}`,
      cutLines(
        second.first.map((one) => secondUnmap(one, capture)),
        second.count,
      ),
    );
  if (without.count > 0)
    parts.push(
      `Unmaps whose map is not in the capture: ${count(without.count)}, most often of what was mapped before it began.`,
      cutLines(
        without.first.slice(0, 1).map((one) => strayUnmap(one, capture)),
        without.count,
      ),
    );
  if (syncs.count > 0)
    parts.push(
      `Syncs of what is not mapped: ${count(syncs.count)}, of these ${count(syncs.after_unmap)} after the unmap.`,
      cutLines(
        syncs.first.map((one) => straySync(one, capture)),
        syncs.count,
      ),
    );
  return parts;
}

function neverUnmapped(capture: CaptureSection): Part[] {
  const { never_unmapped: left } = capture;
  if (left.count === 0) return [];
  const maps = sum(capture.devices, (one) => one.maps);
  const rows = left.kinds.map((one) => [
    cell(one.device),
    one.form,
    one.direction,
    count(one.size),
    count(one.count),
    first(one, capture),
  ]);
  return [
    {
      title:
        `Never unmapped: ${count(left.count)} of ${plural(maps, 'mapping')}, ${bytes(left.bytes)} ` +
        '(in force at the end of the capture, or mapped again at the same address)',
      head: ['device', 'call', 'direction', 'bytes each', 'mappings', 'first'],
      rows: cut(rows, MOST_ROWS),
      numbersFrom: 3,
      textFrom: 5,
    },
  ];
}

function bounces(capture: CaptureSection): Part[] {
  const { swiotlb_bounces: all } = capture;
  if (all.count === 0) return [];
  const rows = all.kinds.map((one) => [
    cell(one.device),
    count(one.size),
    one.forced ? 'yes' : 'no',
    count(one.count),
    count(one.bytes),
    first(one, capture),
  ]);
  return [
    {
      title: `swiotlb: ${plural(all.count, 'bounce')}, ${bytes(all.bytes)}`,
      head: ['device', 'bytes each', 'forced', 'bounces', 'bytes', 'first'],
      rows: cut(rows, MOST_ROWS),
      numbersFrom: 1,
      textFrom: 5,
    },
  ];
}

function rest(capture: CaptureSection): Part[] {
  const lines: string[] = [];
  const failed = capture.devices.filter((one) => one.failed_calls > 0);
  for (const one of failed.slice(0, MOST_LINES))
    lines.push(
      `${oneLine(one.device)}: ${plural(one.failed_calls, 'map call')} failed, the first at ${where(one.first_failed, capture)}.`,
    );
  const { other_events: others } = capture;
  if (others.length > 0) {
    const names = others.map((one) => `${oneLine(one.name)} ${count(one.count)}`);
    lines.push(`Events of other kinds, which no figure uses: ${list(names, 8)}.`);
  }
  const clean =
    capture.faults.count +
    capture.different_unmaps.count +
    capture.second_unmaps.count +
    capture.swiotlb_bounces.count;
  if (clean === 0) {
    // The kernel log between the events may tell of some.
    const { faults: logged, faults_suppressed: left } = capture.kernel_log;
    const none = logged + left === 0 ? 'No faults' : 'No io_page_fault events';
    lines.push(`${none}, no second unmaps, no unmap unlike its map, no swiotlb bounces.`);
  }
  return lines.length > 0 ? [lines] : [];
}

function strays({
  unmaps_without_map: a,
  second_unmaps: b,
  different_unmaps: c,
}: CaptureSection): number {
  return a.count + b.count + c.count;
}

/** What a history with holes cannot tell. */
function lostRemark({ events_lost: lost }: CaptureSection): string {
  return lost > 0
    ? ` The tracer lost ${plural(lost, 'event')}: a map that is missing here may be one of these.`
    : '';
}

function first(row: KindRow, capture: CaptureSection): string {
  return cell(places(row.first.slice(0, 1), capture));
}

function places(all: readonly string[], capture: CaptureSection): string {
  return list(
    all.map((one) => where(one, capture)),
    all.length,
  );
}

function cut(rows: string[][], most: number): string[][] {
  const more = rows.length - most;
  if (more <= 0) return rows;
  const [width = []] = rows;
  return [...rows.slice(0, most), [`… ${count(more)} more`, ...width.slice(1).map(() => '')]];
}
