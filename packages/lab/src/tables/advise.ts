// SPDX-License-Identifier: GPL-2.0-only
// What `advise` prints: the advice, what the capture lacks, then the figures behind it.

import type {
  AdviseDocument,
  PinOrBounce,
  FlushQueueRow,
  PoolChoice,
  SwiotlbFullRow,
} from '../compare';
import { causeWords, shareText } from '../compare';
import { oneLine } from '../errors';
import { count, decimalSize, memory, plural, significant, time, wholeBytes } from '../show/format';
import { INDENT, type Part, type TablePart, partText } from '../show/parts';
import { PAPER, type Screen } from '../show/text';
import { logLines, lossLines, reconstructedLines } from './capture-losses';
import { cell, list } from './capture-words';

/** A part of the output, and what a link to it on a page is called. */
export interface AdvisePart {
  readonly id: string;
  readonly title: string;
  readonly parts: readonly Part[];
}

/** The usual area: 64 MiB. */
const USUAL_SLABS = 32768;
const SLAB = 2048;

export function adviseText(document: AdviseDocument, screen: Screen = PAPER): string {
  const blocks = [
    [document.advice],
    ...adviseLosses(document).map((lines) => [lines]),
    ...adviseParts(document).map(({ title, parts }) => [title, ...parts]),
  ];
  return `${blocks
    .map((block) => block.map((part) => partText(part, screen, INDENT)).join('\n'))
    .join('\n\n')}\n`;
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
export function adviseParts(document: AdviseDocument): AdvisePart[] {
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
}: AdviseDocument): AdvisePart[] {
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

function uncertain({ uncertain: texts }: AdviseDocument): AdvisePart[] {
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
    shareText(choice.served_share),
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
  return `class_sizes=${String(mask)} num_slots=${String(slots)}: ${shareText(share)}`;
}

/** `4, 16`, in KiB. */
function classNames(mask: number): string {
  const bits = Array.from({ length: 8 }, (_, bit) => bit);
  return bits
    .filter((bit) => (mask & (1 << bit)) !== 0)
    .map((bit) => String(4 * 2 ** bit))
    .join(', ');
}

function goals({ serve, within, usual }: AdviseDocument): AdvisePart[] {
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

function front({ front: choices, no_pool: plain }: AdviseDocument): AdvisePart[] {
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

function bounce({ bounce: rows }: AdviseDocument): AdvisePart[] {
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

function swiotlb({ swiotlb: area }: AdviseDocument): AdvisePart[] {
  if (!area) return [];
  const { mappings, too_large: large, slots, slots_keeping_offset: keeping } = area;
  const title = 'swiotlb instead of the pool (v5.13, all mappings bounced)';
  if (mappings === large) {
    const all = `No swiotlb= serves ${plural(large, 'mapping')}: each has a piece of more than 256 KiB.`;
    return [{ id: 'swiotlb', title, parts: [[all]] }];
  }
  const lines = [
    `${areaText(slots, area.peak_slots)}${keeping === slots ? '' : ` Where drivers keep the offset in a page, as that of NVMe does: ${areaText(keeping, area.peak_slots_keeping_offset)}`}`,
    enough(Math.max(slots ?? Infinity, keeping ?? Infinity)),
  ];
  if (large > 0)
    lines.push(
      `${count(large)} of ${plural(mappings, 'mapping')} ${large === 1 ? 'has' : 'have'} a piece of more than 256 KiB: no area serves ${large === 1 ? 'it' : 'them'}.`,
    );
  return [{ id: 'swiotlb', title, parts: [lines] }];
}

function areaText(slots: number | null, peak: number): string {
  if (slots === null) return 'not even 4 GiB are enough.';
  return `swiotlb=${String(slots)} (${memory(slots * SLAB)}), of which ${plural(peak, 'slot')} ${peak === 1 ? 'is' : 'are'} in use at most; the rest goes to alignment and gaps.`;
}

function enough(slots: number): string {
  return slots <= USUAL_SLABS
    ? 'The usual 64 MiB are enough for it.'
    : 'The usual 64 MiB are not enough for it.';
}

/** Rows shown; the document has all. */
const MOST_QUEUES = 16;

function lazy({ flush_queues: queues }: AdviseDocument): AdvisePart[] {
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
        'Lazy mode (iommu.strict=0 of v5.13): flush queues, and how long memory stays reachable',
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

function swiotlbFull({ swiotlb_full: rows }: AdviseDocument): AdvisePart[] {
  const lines = rows.map(fullText);
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
  const asked = largest === null ? '' : `, ${wholeBytes(largest)} at most`;
  const all = slots === null ? '' : ` of ${plural(slots, 'slot')}`;
  return `${of}${causeWords(cause)}, ${plural(n, 'line')}${asked}${all} (first ${oneLine(first)}): ${advice}.`;
}

function basis({ verdict, preset, recommendation: found }: AdviseDocument): AdvisePart[] {
  if (!found || !verdict || preset === null) return [];
  const us = (ns: number): string => significant(ns / 1000, 3);
  return [
    {
      id: 'basis',
      title: 'CPU time with the recommendation',
      parts: [
        `${us(verdict.series.ns)} µs per map and unmap instead of ${us(verdict.before.ns)} µs; less in ${(100 * verdict.series_wins).toFixed(0)} % of ${count(verdict.drawn_sets)} sets of costs around the preset ${preset}. Modelled, not measured: counted steps of the port.`,
      ],
    },
  ];
}
