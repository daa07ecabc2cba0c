// SPDX-License-Identifier: GPL-2.0-only
// What makes the advice uncertain: what the capture lacks, and what its load is too short or too even to tell.

import { PAGE } from '@iommu-bounce/dma-trace';
import { are, count, percentDown, plural, sizeLimit, time } from '../show/format';
import { sum } from '../show/sum';
import type { AdviseDocument, PoolChoice } from './advise-document';
import type { AdviseLoad } from './advise-load';
import type { CaptureSection } from './capture-document';
import type { Session } from './session';

/** Of fewer mappings a share says little: one per cent of them is less than ten. */
const ENOUGH = 1000;
/** An idle buffer goes after so many seconds at most: a shorter capture shows no full round. */
const EVICTED_S = 10.6;
/** Fills are a warm-up if they are a larger share of what was served than this. */
const WARM = 0.02;
/** Sizes that fewer mappings have are the tail. */
const RARE = 10;

export function uncertainties(
  document: AdviseDocument,
  sessions: readonly Session[],
  loads: readonly AdviseLoad[],
): string[] {
  const { captures, recommendation, mappings } = document;
  const choice = recommendation?.choice ?? null;
  return [
    ...(mappings < ENOUGH
      ? [`${plural(mappings, 'mapping')} only: a share of few says little about others.`]
      : []),
    ...lossText(captures),
    ...pairText(captures),
    ...reconstructedText(captures),
    ...untranslatedText(captures),
    ...(choice ? warmUpText(choice, loads) : []),
    ...(choice ? tailText(choice, loads) : []),
    ...pagesText(sessions),
    ...followedText(sessions),
    ...lazyText(sessions),
    'The capture is one load on one kernel: a busier hour, another queue depth or a larger request size asks for more slots or classes.',
  ];
}

function lossText(captures: readonly CaptureSection[]): string[] {
  const lines = sum(captures, ({ losses }) => losses.lines_not_understood.count);
  const events = sum(captures, (one) => one.events_lost);
  const marks = sum(captures, ({ losses }) => sum(losses.lost_by_cpu, ({ unknown }) => unknown));
  const lists = sum(
    captures,
    ({ losses }) => losses.lists_without_entries + losses.truncated_lists.count,
  );
  const steps = sum(captures, ({ losses }) => losses.clock_steps_back.count);
  const cpus = sum(captures, ({ losses }) => losses.cpus_without_line.length);
  const texts: string[] = [];
  if (events + marks > 0)
    texts.push(
      `The capture lacks ${events > 0 ? plural(events, 'event') : 'an unknown number of events'}: mappings that it does not show need slots too, and an unmap that is lost holds one for ever.`,
    );
  if (lines > 0)
    texts.push(`${plural(lines, 'line')} not understood: mappings in them are missing.`);
  if (lists > 0)
    texts.push(`${plural(lists, 'list')} without all entries: their sizes are not known.`);
  if (steps > 0)
    texts.push('The clock steps back: how long mappings overlap, and evictions, may be wrong.');
  if (cpus > 0)
    texts.push(
      `${plural(cpus, 'CPU')} without a line: what ${cpus === 1 ? 'it' : 'they'} mapped would come on top.`,
    );
  return texts;
}

function pairText(captures: readonly CaptureSection[]): string[] {
  const never = sum(captures, (one) => one.never_unmapped.count);
  const without = sum(captures, (one) => one.unmaps_without_map.count);
  const failed = sum(captures, (one) => sum(one.devices, (device) => device.failed_calls));
  const texts: string[] = [];
  if (failed > 0)
    texts.push(
      `${plural(failed, 'map call')} failed on the recorded machine and ${are(failed)} left out: where ${failed === 1 ? 'it succeeds, it takes' : 'they succeed, they take'} slots of the pool and of swiotlb, too.`,
    );
  if (never > 0)
    texts.push(
      `${plural(never, 'mapping')} never unmapped: each keeps its slot to the end, so slots and memory are an upper bound if the unmaps are only missing.`,
    );
  if (without > 0)
    texts.push(
      `${plural(without, 'unmap')} without a map: what was mapped when the capture began held slots that are not counted; a machine that keeps as much mapped needs up to as many more. Flush queues of lazy mode are without these unmaps: they hold more entries than is said.`,
    );
  return texts;
}

function reconstructedText(captures: readonly CaptureSection[]): string[] {
  const requests = sum(captures, ({ reconstructed }) => reconstructed.requests);
  const left = sum(
    captures,
    ({ iommu_map: maps, reconstructed }) => maps.without_call - reconstructed.iommu_maps,
  );
  const texts: string[] = [];
  if (requests > 0)
    texts.push(
      `${plural(requests, 'request')} put together from iommu:* events: direction and bytes within a page are unknown, so they are counted as BIDIRECTIONAL and whole pages; copies are an upper bound, and a cache of their own takes more slots.`,
    );
  if (left > 0)
    texts.push(
      `${plural(left, 'iommu:map event')} without a call ${are(left)} left out: who mapped them, and for how long, is not known.`,
    );
  return texts;
}

function untranslatedText(captures: readonly CaptureSection[]): string[] {
  const devices = sum(
    captures,
    (one) => one.devices.filter(({ maps, translated }) => maps > 0 && translated === false).length,
  );
  return devices === 0
    ? []
    : [
        `${plural(devices, 'device')} that no IOMMU translated ${are(devices)} counted as if translated.`,
      ];
}

function warmUpText(choice: PoolChoice, loads: readonly AdviseLoad[]): string[] {
  const served = choice.pool_hits + choice.pool_fills;
  const seconds = Math.max(0, ...loads.map(({ pool }) => pool.endJiffies / pool.hz));
  const texts: string[] = [];
  if (seconds < EVICTED_S)
    texts.push(
      `The capture lasts ${seconds === 0 ? 'less than a tick' : time(seconds * 1e9)}: an idle buffer goes after 5.1 to ${String(EVICTED_S)} s, so what a steady load gives back and makes again does not show.`,
    );
  if (choice.pool_fills > WARM * served)
    texts.push(
      `Warm-up: ${count(choice.pool_fills)} of ${plural(served, 'served mapping')} made a buffer, since the pool begins empty; of a longer run it is a smaller share.`,
    );
  return texts;
}

/** Sizes at the upper end that few mappings have, and those past the largest class. */
function tailText(choice: PoolChoice, loads: readonly AdviseLoad[]): string[] {
  const bits = Array.from({ length: 8 }, (_, bit) =>
    sum(loads, ({ pool }) => pool.mapsByBit[bit] ?? 0),
  );
  const top = bits.findLastIndex((n) => n > 0);
  const texts: string[] = [];
  const rare = bits[top] ?? 0;
  if (top > 0 && rare < RARE)
    texts.push(
      `Tail: only ${plural(rare, 'mapping')} need${rare === 1 ? 's' : ''} ${sizeLimit(4096 * 2 ** top)}; whether more come is not known.`,
    );
  const { too_big: past } = choice.fallbacks_by_reason;
  if (past > 0)
    texts.push(
      `${plural(past, 'mapping')} (${percentDown(past / (choice.pool_hits + choice.pool_fills + choice.fallbacks))}) ${are(past)} larger than the largest class and ${are(past)} mapped as before.`,
    );
  return texts;
}

function pagesText(sessions: readonly Session[]): string[] {
  const largest = Math.max(PAGE, ...sessions.map(({ survey }) => survey.pages.bytes));
  return largest === PAGE
    ? []
    : [
        `The recorded kernel has pages of ${sizeLimit(largest)}, so bit 0 of its class_sizes is a class of that size: classes, slots and memory here are those of a kernel with pages of 4 KiB.`,
      ];
}

function followedText(sessions: readonly Session[]): string[] {
  return sessions.some(({ survey }) => survey.hasDecisions)
    ? [
        'The recorded kernel had the series: a replay with its own parameters follows its decisions and begins with its buffers; with others the pools begin empty.',
      ]
    : [];
}

function lazyText(sessions: readonly Session[]): string[] {
  return sessions.some(({ kernelParams }) => !kernelParams.strict)
    ? [
        'Lazy mode (iommu.strict=0): which device should bounce is not said, since the cost model knows strict mapping only.',
      ]
    : [];
}
