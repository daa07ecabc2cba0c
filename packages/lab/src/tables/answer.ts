// SPDX-License-Identifier: GPL-2.0-only
// The answer of an experiment, for the terminal and for pages: which policy is best, and by how much. Policies that protect are
// ranked; others are named beside them.

import { count, listed, megabytes, micros, percent, range } from '../show/format';

/** Policies that are named together: their figures differ by less. */
const ALIKE = 0.01;

/** The tolerance in words. */
export const ALIKE_TEXT = `within ${String(100 * ALIKE)} %`;

/** mapped: no more than that; window: a page for some time after its unmap; all: all memory, always. */
export type Reach = 'mapped' | 'window' | 'all';

/** @param staleMaxNs how long a page stays within reach after its unmap, idle time included; null: always */
export function reachOf(staleMaxNs: number | null): Reach {
  if (staleMaxNs === null) return 'all';
  return staleMaxNs > 0 ? 'window' : 'mapped';
}

export interface Contestant {
  readonly policy: string;
  /** The more, the better. */
  readonly rate: number;
  readonly cpuNs: number;
  readonly reach: Reach;
}

/** What all of them did: one group of jobs, or one direction of traffic. */
export interface Round {
  readonly label: string;
  readonly contestants: readonly Contestant[];
}

export interface Measures {
  /** Of the rate: `throughput`, and its unit for a column. */
  readonly rate: string;
  readonly unit: string;
  readonly showRate: (rate: number) => string;
  /** What the CPU time is for: `I/O`. */
  readonly per: string;
}

export const OF_IO: Measures = {
  rate: 'throughput',
  unit: 'MB/s',
  showRate: megabytes,
  per: 'I/O',
};

export const OF_PACKETS: Measures = {
  rate: 'throughput',
  unit: 'packets/s',
  showRate: (rate) => count(Math.round(rate)),
  per: 'packet',
};

/** Of one round. Names of policies that are alike stand together. */
export interface Winner {
  readonly label: string;
  readonly fastest: readonly string[];
  readonly rate: number;
  /** What the fastest is compared with, unless it is one of the fastest or was not run. */
  readonly against: {
    readonly policy: string;
    /** The highest rate by its rate. */
    readonly ratio: number;
    /** The least CPU time of the fastest by its CPU time. */
    readonly cpu: number;
  } | null;
  readonly cheapest: readonly string[];
  readonly cpuNs: number;
  /** Faster than all that protect, but protecting less; by which fraction. */
  readonly unprotected: readonly { readonly policy: string; readonly by: number }[];
}

/** Null for a round in which no policy protects. */
export function winnerOf({ label, contestants }: Round): Winner | null {
  const safe = contestants.filter(({ reach }) => reach === 'mapped');
  if (safe.length === 0) return null;
  const rate = bestOf(safe, (one) => one.rate, 'most');
  const cpu = bestOf(safe, (one) => one.cpuNs, 'least');
  const fastest = rate.items.map(({ policy }) => policy);
  const named = (name: string): Contestant | undefined =>
    safe.find(({ policy }) => policy === name);
  const base = named('strict') ?? named('none') ?? safe.at(-1);
  const isBest = !base || fastest.includes(base.policy);
  const cpuOfFastest = Math.min(...rate.items.map(({ cpuNs }) => cpuNs));
  return {
    ...{ label, fastest, rate: rate.best, cpuNs: cpu.best },
    cheapest: cpu.items.map(({ policy }) => policy),
    against: isBest
      ? null
      : { policy: base.policy, ratio: rate.best / base.rate, cpu: cpuOfFastest / base.cpuNs },
    unprotected: contestants
      .filter((one) => one.reach !== 'mapped' && one.rate / rate.best - 1 > ALIKE)
      .map((one) => ({ policy: one.policy, by: one.rate / rate.best - 1 })),
  };
}

/** The best figure of at least one item, and the items that have it or one like it. */
export function bestOf<T>(
  items: readonly T[],
  figure: (item: T) => number,
  which: 'most' | 'least',
): { readonly items: readonly T[]; readonly best: number } {
  const best = Math[which === 'most' ? 'max' : 'min'](...items.map(figure));
  return { best, items: items.filter((one) => Math.abs(figure(one) / best - 1) <= ALIKE) };
}

/** In a sentence or two. */
export function answerText(rounds: readonly Round[], measures: Measures): string {
  const { rate, per } = measures;
  const policies = new Set(rounds.flatMap((r) => r.contestants.map(({ policy }) => policy)));
  if (policies.size === 1) return aloneText([...policies].join(), rounds, measures);
  const winners = rounds.map(winnerOf).filter((one) => one !== null);
  if (winners.length === 0) return `${NONE_PROTECTS} ${answerText(asIfSafe(rounds), measures)}`;
  return [fastestText(winners, rate, per), cheapestText(winners, per), unprotectedText(winners)]
    .filter((text) => text !== '')
    .join(' ');
}

const NONE_PROTECTS =
  'No policy that was run protects: under each of them the device reaches more than what is mapped.';

function asIfSafe(rounds: readonly Round[]): Round[] {
  return rounds.map(({ label, contestants }) => ({
    label,
    contestants: contestants.map((one) => ({ ...one, reach: 'mapped' })),
  }));
}

function aloneText(
  policy: string,
  rounds: readonly Round[],
  { rate, unit, showRate, per }: Measures,
): string {
  const all = rounds.flatMap(({ contestants }) => contestants);
  const rates = range(
    all.map((one) => one.rate),
    showRate,
  );
  const times = range(
    all.map(({ cpuNs }) => cpuNs),
    micros,
  );
  return (
    `Only ${policy} was run, so there is nothing to compare it with: a ${rate} of ${rates} ${unit}, ` +
    `and ${times} µs of CPU time per ${per}.`
  );
}

function fastestText(winners: readonly Winner[], rate: string, per: string): string {
  const [first] = winners;
  const isSame = (one: Winner): boolean =>
    one.fastest.join() === first?.fastest.join() &&
    (one.against === null) === (first.against === null);
  if (!first || !winners.every(isSame))
    return `Highest ${rate}: ${byLabel(winners, ({ fastest }) => fastest, labelAgainst)}.`;
  const names = listed(first.fastest);
  const isOne = first.fastest.length === 1;
  const everywhere = winners.length > 1 ? ' everywhere' : '';
  if (first.against === null && !isOne) return `${names} have the same ${rate}${everywhere}.`;
  const has = `${names} ${isOne ? 'has' : 'have'} the highest ${rate}${everywhere}`;
  if (first.against === null) return `${has}.`;
  const against = winners.flatMap((one) => one.against ?? []);
  const ratios = range(
    against.map(({ ratio }) => ratio),
    (x) => x.toFixed(2),
  );
  const cpu = range(
    against.map((one) => one.cpu),
    (x) => (100 * x).toFixed(0),
  );
  const cost = isOne ? `, at ${cpu} % of its CPU time per ${per}` : '';
  return `${has}: ${ratios} times that of ${first.against.policy}${cost}.`;
}

/** `pool (4k, 8k); strict (16k)`. */
function byLabel(
  winners: readonly Winner[],
  names: (winner: Winner) => readonly string[],
  label = ({ label: text }: Winner): string => text,
): string {
  const by = new Map<string, string[]>();
  for (const winner of winners) {
    const key = listed(names(winner));
    by.set(key, [...(by.get(key) ?? []), label(winner)]);
  }
  return [...by].map(([key, labels]) => `${key} (${labels.join(', ')})`).join('; ');
}

/** `4k: 3.00 times strict`. */
function labelAgainst({ label, against }: Winner): string {
  return against ? `${label}: ${against.ratio.toFixed(2)} times ${against.policy}` : label;
}

function cheapestText(winners: readonly Winner[], per: string): string {
  const [first] = winners;
  if (!first) return '';
  const same = winners.every(({ cheapest }) => cheapest.join() === first.cheapest.join());
  if (!same) return `Least CPU time per ${per}: ${byLabel(winners, ({ cheapest }) => cheapest)}.`;
  if (winners.every(({ cheapest, fastest }) => cheapest.join() === fastest.join()))
    return `${first.fastest.length > 1 ? 'They take' : 'It takes'} the least CPU time per ${per}, too.`;
  return `Least CPU time per ${per}: ${listed(first.cheapest)}.`;
}

function unprotectedText(winners: readonly Winner[]): string {
  const most = new Map<string, number>();
  for (const { unprotected } of winners)
    for (const { policy, by } of unprotected) most.set(policy, Math.max(by, most.get(policy) ?? 0));
  if (most.size === 0) return '';
  const each = [...most].map(([policy, by]) => `${policy} by up to ${percent(by, 0)}`);
  return `Faster, but protecting less: ${each.join(', ')}.`;
}
