// SPDX-License-Identifier: GPL-2.0-only
// The advice in one sentence.

import { LONGEST_CLASS } from '@iommu-bounce/simulation';
import { count, listed, memory, plural, significant, sizeLimit } from '../show/format';
import { sum } from '../show/sum';
import type { AdviseDocument, PoolChoice, SwiotlbFullRow } from './advise-document';
import type { LogLook } from './advise-log';

/** Share of the drawn costs in which the series wins: up to here bouncing does not pay. */
const DOES_NOT_PAY = 0.2;
/** Of fewer mappings or unmaps nothing is said about CPU time. */
const ENOUGH = 100;
/** The kernel's own parameters. */
const USUAL = { class_sizes: 37, num_slots: 1024 } as const;

const CAUSE_WORDS = {
  too_large: 'too large for any area',
  fragmented: 'fragmented',
  leaked: 'leaked',
  full: 'full in truth',
  unknown: 'without numbers',
} as const satisfies Record<SwiotlbFullRow['cause'], string>;

export function causeWords(cause: SwiotlbFullRow['cause']): string {
  return CAUSE_WORDS[cause];
}

/** Never rounded up: `99.9 %` of 9,999 in 10,000. */
export function shareText(share: number): string {
  return `${(Math.floor(share * 1000 + 1e-9) / 10).toFixed(1)} %`;
}

/** With the recommended classes: for none of the sizes, in nearly all sets of costs. */
export function doesNotPay({
  verdict,
  only_what_pays: paying,
}: Pick<AdviseDocument, 'verdict' | 'only_what_pays'>): boolean {
  return (
    verdict !== null &&
    paying === null &&
    Math.min(verdict.mappings, verdict.unmaps) >= ENOUGH &&
    verdict.series_wins <= DOES_NOT_PAY
  );
}

export function logSentence(
  { logLines }: Pick<LogLook, 'logLines'>,
  rows: readonly SwiotlbFullRow[],
): string {
  if (rows.length === 0)
    return `A kernel log without DMA calls: none of its ${plural(logLines, 'line')} is about a full swiotlb, so there is nothing to advise on.`;
  return `A kernel log without DMA calls: ${fullText(rows)}`;
}

function fullText(rows: readonly SwiotlbFullRow[]): string {
  const causes = [...new Set(rows.map(({ cause }) => cause))];
  const parts = causes.map((cause) => {
    const n = sum(rows, (row) => (row.cause === cause ? row.count : 0));
    return `${count(n)} ${causeWords(cause)}`;
  });
  const all = sum(rows, (row) => row.count);
  const most = rows[0]?.advice ?? '';
  return `swiotlb was full ${plural(all, 'time')}: ${listed(parts)}; ${most}.`;
}

export function adviceSentence(document: AdviseDocument): string {
  const { mappings, swiotlb_full: rows } = document;
  if (mappings > 0) return poolSentence(document);
  const none =
    'Nothing here asks for a bounce buffer: no dma_map_page and no dma_map_sg was replayed';
  return rows.length === 0 ? `${none}.` : `${none}; ${fullText(rows)}`;
}

function poolSentence(document: AdviseDocument): string {
  const { recommendation, verdict } = document;
  if (!recommendation) return withoutPool(document);
  const { choice } = recommendation;
  if (doesNotPay(document) && verdict)
    return `Bouncing does not pay here: ${significant(verdict.series.ns / 1000, 3)} µs of CPU per map and unmap instead of ${significant(verdict.before.ns / 1000, 3)} µs, with ${choice.params}, which serves ${servedText(choice)}.`;
  return `${choice.params} serves ${servedText(choice)} with at most ${memory(choice.memory_bytes)}${usualText(document)}${payingText(document)}${missedText(document)}.`;
}

function servedText({
  served_share: share,
  pool_hits: hits,
  pool_fills: fills,
  fallbacks,
}: PoolChoice): string {
  return `${shareText(share)} of ${plural(hits + fills + fallbacks, 'mapping')}`;
}

function usualText({ usual, recommendation }: AdviseDocument): string {
  if (!usual || usual.params === recommendation?.choice.params) return '';
  const isDefault = usual.class_sizes === USUAL.class_sizes && usual.num_slots === USUAL.num_slots;
  const name = isDefault ? 'default classes' : `as recorded (${usual.params})`;
  return `; ${name}: ${shareText(usual.served_share)} with ${memory(usual.memory_bytes)}`;
}

function payingText({ only_what_pays: paying, recommendation }: AdviseDocument): string {
  if (!paying || !recommendation) return '';
  const largest = 4096 * 2 ** (31 - Math.clz32(paying.class_sizes));
  return `; copying pays up to ${sizeLimit(largest)} only: ${paying.params} serves these, ${shareText(paying.served_share)} with ${memory(paying.memory_bytes)}`;
}

/** Which of the wishes cannot be met. */
function missedText({
  serve,
  within,
  mappings,
  mappings_servable: servable,
}: AdviseDocument): string {
  const [first] = serve;
  if (within !== null || !first || first.reached) return '';
  const rest = mappings - servable;
  const why =
    rest > 0
      ? `${plural(rest, 'mapping')} ${rest === 1 ? 'is' : 'are'} larger than ${sizeLimit(LONGEST_CLASS)}`
      : 'there are not enough addresses below 4 GiB';
  return `; ${significant(100 * first.wanted_share, 6)} % cannot be served: ${why}`;
}

function withoutPool({ within, mappings, mappings_servable: servable }: AdviseDocument): string {
  const all = plural(mappings, 'mapping');
  if (servable === 0)
    return `No pool serves ${mappings === 1 ? 'this' : 'these'} ${all}: a buffer has at most ${sizeLimit(LONGEST_CLASS)}, and every one is larger.`;
  if (within?.choice === null && within.least_bytes !== null)
    return `No pool fits in ${memory(within.memory_bytes)}: the smallest for these ${all} takes ${memory(within.least_bytes)}.`;
  return `No machine of this size can replay a pool for these ${all}: their buffers take more than 3 GiB at once.`;
}
