// SPDX-License-Identifier: GPL-2.0-only
// The advice in one sentence.

import { LONGEST_CLASS, classBytes } from '@iommu-bounce/simulation';
import { replayParams } from '../drive/parameters';
import {
  are,
  count,
  listed,
  memory,
  percentDown,
  plural,
  shortMicros,
  significant,
  sizeLimit,
} from '../show/format';
import { sum } from '../show/sum';
import { paramsOf } from './advise-confirm';
import type { AdviseDocument, PoolChoice, SwiotlbFullRow } from './advise-document';
import type { LogLook } from './advise-log';
import { MOST_RAM_TEXT } from './memory-needed';
import { isEnough } from './verdict';

/** Share of the drawn costs in which the series wins: up to here bouncing does not pay. */
const DOES_NOT_PAY = 0.2;

const CAUSE_WORDS = {
  too_large: 'too large for any area',
  fragmented: 'fragmented',
  run_free: 'with a run free by its numbers',
  leaked: 'leaked',
  full: 'full in truth',
  unknown: 'without numbers',
} as const satisfies Record<SwiotlbFullRow['cause'], string>;

export function causeWords(cause: SwiotlbFullRow['cause']): string {
  return CAUSE_WORDS[cause];
}

/** With the recommended classes: for none of the sizes, in nearly all sets of costs. */
export function doesNotPay({
  verdict,
  only_what_pays: paying,
}: Pick<AdviseDocument, 'verdict' | 'only_what_pays'>): boolean {
  return (
    verdict !== null && paying === null && isEnough(verdict) && verdict.series_wins <= DOES_NOT_PAY
  );
}

export function logSentence(
  { logLines, suppressed }: Pick<LogLook, 'logLines' | 'suppressed'>,
  rows: readonly SwiotlbFullRow[],
): string {
  if (rows.length === 0)
    return `A kernel log without DMA calls: none of its ${plural(logLines, 'line')} is about a full swiotlb, so there is nothing to advise on; iommu-bounce lint reads it.`;
  return `A kernel log without DMA calls: ${fullText(rows, suppressed)}`;
}

function fullText(rows: readonly SwiotlbFullRow[], suppressed: number): string {
  const causes = [...new Set(rows.map(({ cause }) => cause))];
  const parts = causes.map((cause) => {
    const n = sum(rows, (row) => (row.cause === cause ? row.count : 0));
    return `${count(n)} ${causeWords(cause)}`;
  });
  const all = sum(rows, (row) => row.count);
  const most = rows[0]?.advice ?? '';
  const times = `${suppressed > 0 ? 'at least ' : ''}${plural(all + suppressed, 'time')}`;
  if (suppressed > 0)
    parts.push(`${count(suppressed)} of unknown cause, which the kernel's rate limit left out`);
  return `swiotlb was full ${times}: ${listed(parts)}; ${most}.`;
}

export function adviceSentence(document: AdviseDocument): string {
  const { mappings, swiotlb_full: rows, swiotlb_full_suppressed: suppressed } = document;
  if (mappings > 0) return poolSentence(document);
  const none =
    'Nothing here asks for a bounce buffer: no dma_map_page and no dma_map_sg was replayed';
  return rows.length === 0 ? `${none}.` : `${none}; ${fullText(rows, suppressed)}`;
}

function poolSentence(document: AdviseDocument): string {
  const { recommendation, verdict } = document;
  if (!recommendation) return withoutPool(document);
  const { choice } = recommendation;
  if (doesNotPay(document) && verdict)
    return `Bouncing does not pay here: ${shortMicros(verdict.series.ns)} µs of CPU per map and unmap instead of ${shortMicros(verdict.before.ns)} µs, with ${choice.params}, which serves ${servedText(choice)}.`;
  return `${choice.params} serves ${servedText(choice)} with at most ${memory(choice.memory_bytes)}${usualText(document)}${payingText(document)}${missedText(document)}.`;
}

function servedText({
  served_share: share,
  pool_hits: hits,
  pool_fills: fills,
  fallbacks,
}: PoolChoice): string {
  return `${percentDown(share)} of ${plural(hits + fills + fallbacks, 'mapping')}`;
}

function usualText({ usual, recommendation }: AdviseDocument): string {
  if (!usual || usual.params === recommendation?.choice.params) return '';
  const name =
    usual.params === paramsOf(replayParams(null, null).values)
      ? 'default classes'
      : `as recorded (${usual.params})`;
  return `; ${name}: ${percentDown(usual.served_share)} with ${memory(usual.memory_bytes)}`;
}

function payingText({ only_what_pays: paying, recommendation }: AdviseDocument): string {
  if (!paying || !recommendation) return '';
  const largest = classBytes(paying.class_sizes).at(-1) ?? 0;
  return `; copying pays up to ${sizeLimit(largest)} only: ${paying.params} serves these, ${percentDown(paying.served_share)} with ${memory(paying.memory_bytes)}`;
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
      ? `${plural(rest, 'mapping')} ${are(rest)} larger than ${sizeLimit(LONGEST_CLASS)}`
      : 'there are not enough addresses below 4 GiB';
  return `; ${significant(100 * first.wanted_share, 6)} % cannot be served: ${why}`;
}

function withoutPool({ within, mappings, mappings_servable: servable }: AdviseDocument): string {
  const all = plural(mappings, 'mapping');
  if (servable === 0)
    return `No pool serves ${mappings === 1 ? 'this' : 'these'} ${all}: a buffer has at most ${sizeLimit(LONGEST_CLASS)}, and every one is larger.`;
  if (within?.choice === null && within.least_bytes !== null)
    return `No pool fits in ${memory(within.memory_bytes)}: the smallest for these ${all} takes ${memory(within.least_bytes)}.`;
  return `No machine of this size can replay a pool for these ${all}: their buffers take more than ${MOST_RAM_TEXT} at once.`;
}
