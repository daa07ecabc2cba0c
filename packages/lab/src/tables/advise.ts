// SPDX-License-Identifier: GPL-2.0-only
// What `advise` prints: the advice, what the capture lacks, then the figures behind it.

import { IO_TLB_SIZE } from '@iommu-bounce/linux-shim';
import { USUAL_SLABS, classBytes } from '@iommu-bounce/simulation';
import type {
  AdviseCpuRow,
  AdviseDocument,
  PinOrBounce,
  FlushQueueRow,
  PoolChoice,
  SwiotlbFullRow,
} from '../compare';
import { causeWords } from '../compare';
import { oneLine } from '../errors';
import {
  are,
  count,
  decimalSize,
  exactBytes,
  memory,
  percent,
  percentDown,
  plural,
  range,
  shortMicros,
  significant,
  time,
  wholeBytes,
} from '../show/format';
import { type TablePart, type TitledParts, titledText } from '../show/parts';
import { PAPER, type Screen } from '../show/text';
import { logLines, lossLines, reconstructedLines } from './capture-losses';
import { cell, list } from './capture-words';

export function adviseText(document: AdviseDocument, screen: Screen = PAPER): string {
  const lead = [document.advice, ...adviseLosses(document)];
  return titledText(lead, adviseParts(document), screen);
}

/** Of each capture, what it lacks. */
export function adviseLosses({ captures }: AdviseDocument): (readonly string[])[] {
  return captures.map((capture) => [
    ...(captures.length > 1 ? [`${capture.files.map(oneLine).join(', ')}:`] : []),
    ...lossLines(capture),
    ...reconstructedLines(capture),
    ...logLines(capture),
  ]);
}

/** In the order of reading; a part that has nothing to say is not there. */
export function adviseParts(document: AdviseDocument): TitledParts[] {
  return [
    ...recommendation(document),
    ...uncertain(document),
    ...goals(document),
    ...front(document),
    ...bounce(document),
    ...swiotlb(document),
    ...lazy(document),
    ...swiotlbFull(document),
    ...basis(document),
  ].filter(({ parts }) => parts.length > 0);
}

function recommendation({
  recommendation: found,
  only_what_pays: paying,
}: AdviseDocument): TitledParts[] {
  if (!found) return [];
  const lines = [
    `Kernel command line: ${found.command_line}`,
    `.config: ${found.config.join(' ')}`,
    ...(found.pays ? [] : [`If a pool is wanted all the same: ${found.choice.params}`]),
    `Check: iommu-bounce replay CAPTURE --params "${found.choice.params}"`,
  ];
  if (paying) lines.push(`Only what pays: ${paying.params}`);
  return [{ id: 'recommendation', title: 'Recommendation', parts: [lines] }];
}

function uncertain({ uncertain: texts }: AdviseDocument): TitledParts[] {
  const parts = texts.length > 0 ? [texts] : [];
  return [{ id: 'uncertain', title: 'What makes this uncertain', parts }];
}

const CHOICE_HEAD = [
  'class_sizes',
  'classes, KiB',
  'num_slots',
  'served',
  'memory',
  'iommu:* events',
  'copied',
] as const;

function choiceCells(choice: PoolChoice): string[] {
  return [
    count(choice.class_sizes),
    classNames(choice.class_sizes),
    String(choice.num_slots),
    percentDown(choice.served_share),
    memory(choice.memory_bytes),
    count(choice.iommu_maps + choice.iommu_unmaps),
    wholeBytes(choice.copied_bytes),
  ];
}

/** `class_sizes=5 num_slots=12: 99.0 %`. */
export function choiceName({
  class_sizes: mask,
  num_slots: slots,
  served_share: share,
}: PoolChoice): string {
  return `class_sizes=${String(mask)} num_slots=${String(slots)}: ${percentDown(share)}`;
}

/** `4, 16`, in KiB. */
function classNames(mask: number): string {
  return classBytes(mask)
    .map((bytes) => String(bytes / 1024))
    .join(', ');
}

function goals({ serve, within, usual }: AdviseDocument): TitledParts[] {
  const rows = serve.flatMap(({ wanted_share: wanted, reached, choice }) =>
    choice
      ? [
          [
            `${significant(100 * wanted, 6)} %${reached ? '' : ' of what can be'}`,
            ...choiceCells(choice),
          ],
        ]
      : [],
  );
  if (within?.choice)
    rows.push([`in ${memory(within.memory_bytes)}`, ...choiceCells(within.choice)]);
  if (usual) rows.push(['as it is', ...choiceCells(usual)]);
  const table: TablePart = {
    ...{ title: '', head: ['wanted', ...CHOICE_HEAD], rows, numbersFrom: 3, keys: 1 },
  };
  return [
    {
      id: 'served',
      title: 'The least memory for what is wanted, each confirmed by a replay',
      parts: rows.length > 0 ? [table] : [],
    },
  ];
}

function front({ front: choices, no_pool: plain }: AdviseDocument): TitledParts[] {
  if (choices.length === 0) return [];
  const none = plain
    ? [['0', 'no pool', '0', '0.0 %', '0', count(plain.iommu_maps + plain.iommu_unmaps), '0 B']]
    : [];
  const table: TablePart = {
    ...{ title: '', head: CHOICE_HEAD, rows: [...none, ...choices.map(choiceCells)] },
    ...{ numbersFrom: 2, keys: 3 },
  };
  return [
    {
      id: 'front',
      title: 'Pareto front: none beats these in memory, iommu:* events and copied bytes together',
      parts: [table],
    },
  ];
}

function bounceText({ bounce, break_even_bytes: bytes }: PinOrBounce): string {
  if (bounce === 'always') return 'every size';
  return bytes === null || bounce === 'never' ? 'no size' : `below ${decimalSize(bytes)}`;
}

function bounce({ bounce: rows }: AdviseDocument): TitledParts[] {
  const table: TablePart = {
    title: '',
    head: ['device', 'direction', 'bounce', 'mappings', 'of these to bounce'],
    rows: rows.map((row) => [
      cell(row.device),
      row.direction,
      bounceText(row) + (row.extrapolated && row.bounce === 'below' ? ' (extrapolated)' : ''),
      count(row.mappings),
      count(row.mappings_to_bounce),
    ]),
    numbersFrom: 3,
    keys: 2,
  };
  const title = 'Pin or bounce: by the cost model, with the pieces of each device';
  return [{ id: 'bounce', title, parts: rows.length > 0 ? [table] : [] }];
}

function swiotlb({ swiotlb: area }: AdviseDocument): TitledParts[] {
  if (!area) return [];
  const { mappings, too_large: large, slots, slots_keeping_offset: keeping } = area;
  const title = 'swiotlb instead of the pool (v5.13, all mappings bounced)';
  if (mappings === 0)
    return [{ id: 'swiotlb', title, parts: [['No streaming mapping: nothing would bounce.']] }];
  if (mappings === large) {
    const all = `No swiotlb= serves ${plural(large, 'mapping')}: each has a piece of more than 256 KiB.`;
    return [{ id: 'swiotlb', title, parts: [[all]] }];
  }
  const lines = [
    `${areaText(slots, area.peak_slots)}${keeping === slots ? '' : ` Where drivers keep the offset in a page, as that of NVMe does: ${areaText(keeping, area.peak_slots_keeping_offset)}`}`,
    enough(Math.max(slots ?? Infinity, keeping ?? Infinity)),
  ];
  const more = area.too_large_keeping_offset - large;
  if (more > 0)
    lines.push(
      `With the offset kept, ${plural(more, 'mapping')} more ${more === 1 ? 'needs' : 'need'} over 256 KiB in one piece and ${are(more)} not in that number: no area serves ${more === 1 ? 'it' : 'them'}.`,
    );
  if (large > 0)
    lines.push(
      `${count(large)} of ${plural(mappings, 'mapping')} ${large === 1 ? 'has' : 'have'} a piece of more than 256 KiB: no area serves ${large === 1 ? 'it' : 'them'}.`,
    );
  return [{ id: 'swiotlb', title, parts: [lines] }];
}

function areaText(slots: number | null, peak: number): string {
  if (slots === null) return 'not even 4 GiB are enough.';
  return `swiotlb=${String(slots)} (${memory(slots * IO_TLB_SIZE)}), of which ${plural(peak, 'slot')} ${are(peak)} in use at most${peak < slots ? '; the rest goes to alignment and gaps' : ''}.`;
}

function enough(slots: number): string {
  return slots <= USUAL_SLABS
    ? 'The usual 64 MiB are enough for it.'
    : 'The usual 64 MiB are not enough for it.';
}

/** Rows shown; the document has all. */
const MOST_QUEUES = 16;

function lazy({ flush_queues: queues }: AdviseDocument): TitledParts[] {
  const busiest = [...queues].sort((a, b) => b.most_entries - a.most_entries);
  const rows = busiest.slice(0, MOST_QUEUES).map(queueCells);
  const table: TablePart = {
    title: '',
    head: ['devices', 'CPU', 'unmaps', 'entries at most (of 255)', 'times full', 'longest stale'],
    rows,
    numbersFrom: 2,
    keys: 2,
  };
  const more =
    queues.length > rows.length
      ? [`${plural(queues.length - rows.length, 'more queue')} with fewer entries.`]
      : [];
  return [
    {
      id: 'lazy',
      title:
        'Lazy mode (iommu.strict=0 of v5.13, whose virtio-iommu cannot; replay --policy lazy has v6.8): flush queues, and how long memory stays reachable',
      parts: rows.length > 0 ? [table, ...more] : [],
    },
  ];
}

function queueCells(row: FlushQueueRow): string[] {
  return [
    cell(list(row.devices, 2)),
    count(row.cpu),
    count(row.unmaps),
    count(row.most_entries),
    count(row.full_flushes),
    time(row.longest_stale_ns),
  ];
}

function swiotlbFull({
  swiotlb_full: rows,
  swiotlb_full_suppressed: suppressed,
}: AdviseDocument): TitledParts[] {
  const lines = rows.map(fullText);
  if (suppressed > 0)
    lines.push(
      `These are at least so many: the kernel's rate limit left out ${plural(suppressed, 'further line')}, of any cause and device.`,
    );
  const title = '"swiotlb buffer is full" in the kernel log';
  return [{ id: 'swiotlb-full', title, parts: lines.length > 0 ? [lines] : [] }];
}

function fullText({
  cause,
  device,
  count: n,
  first_place: first,
  advice,
  largest_bytes: largest,
  slots,
}: SwiotlbFullRow): string {
  const of = device === null ? '' : `${oneLine(device)}: `;
  const asked = largest === null ? '' : `, ${exactBytes(largest)} at most`;
  const all = slots === null ? '' : ` of ${plural(slots, 'slot')}`;
  return `${of}${causeWords(cause)}, ${plural(n, 'line')}${asked}${all} (first ${oneLine(first)}): ${advice}.`;
}

function basis({
  verdict,
  preset,
  recommendation: found,
  cpu,
  flush_queues: queues,
}: AdviseDocument): TitledParts[] {
  if (!found || !verdict || preset === null) return [];
  const text = `${shortMicros(verdict.series.ns)} µs per map and unmap instead of ${shortMicros(verdict.before.ns)} µs; less in ${percent(verdict.series_wins, 0)} of ${count(verdict.drawn_sets)} sets of costs around the preset ${preset}. Modelled, not measured: counted steps of the port.`;
  const table: TablePart = {
    title: '',
    head: [
      'kernel',
      'parameters',
      'µs per map and unmap',
      '5 to 95 %',
      'recommendation is cheaper in',
    ],
    rows: cpu.map((row) => [
      row.kernel === 'lazy' && verdict.iommu === 'virtio-iommu'
        ? `${KERNELS.lazy}, with virtio-iommu of v6.8` // v5.13's flushes at each unmap, whatever iommu.strict says
        : KERNELS[row.kernel],
      row.params,
      shortMicros(row.ns),
      range([row.p5, row.p95], shortMicros),
      row.recommended_wins === null ? '' : percent(row.recommended_wins, 0),
    ]),
    numbersFrom: 2,
    keys: 2,
  };
  return [
    {
      id: 'basis',
      title: 'CPU time with the recommendation',
      parts: [[text, ...lazyLine(cpu, queues)], ...(cpu.length > 0 ? [table] : [])],
    },
  ];
}

const KERNELS = {
  strict: 'before the series, strict',
  lazy: 'before the series, lazy',
  usual: 'the series as it is',
  recommended: 'the series as recommended',
} as const satisfies Record<AdviseCpuRow['kernel'], string>;

/** Less CPU time is not all: what lazy mode gives away for it. */
function lazyLine(cpu: readonly AdviseCpuRow[], queues: readonly FlushQueueRow[]): string[] {
  const lazyRow = cpu.find(({ kernel }) => kernel === 'lazy');
  const own = cpu.find(({ kernel }) => kernel === 'recommended');
  if (!lazyRow || !own || lazyRow.ns >= own.ns) return [];
  const longest = Math.max(0, ...queues.map((one) => one.longest_stale_ns));
  return [
    `Lazy mode takes less CPU time than the recommendation; with it a device reaches unmapped memory for up to ${time(longest)}.`,
  ];
}
