// SPDX-License-Identifier: GPL-2.0-only
// What the reader came for: which policy wins, and by how much. Policies that protect are ranked; others are named beside them.

import { percent, times } from '../../show/format';
import { type Html, html, htmlTable } from '../../show/html';
import { cell } from './cells';
import type { Reach } from './protection';

/** Policies that are named together: their figures differ by less. */
const ALIKE = 0.01;

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

/** Of one round. Names of policies that are alike stand together. */
export interface Winner {
  readonly label: string;
  readonly fastest: readonly string[];
  readonly rate: number;
  /** What the fastest is compared with, unless it is one of the fastest or was not run. */
  readonly against: { readonly policy: string; readonly ratio: number } | null;
  readonly cheapest: readonly string[];
  readonly cpuNs: number;
  /** Faster than all that protect, but protecting less; by which fraction. */
  readonly unprotected: readonly { readonly policy: string; readonly by: number }[];
}

/** Null for a round in which no policy protects. */
export function winnerOf({ label, contestants }: Round): Winner | null {
  const safe = contestants.filter(({ reach }) => reach === 'mapped');
  if (safe.length === 0) return null;
  const rate = Math.max(...safe.map((one) => one.rate));
  const cpuNs = Math.min(...safe.map((one) => one.cpuNs));
  const fastest = namesOf(safe, (one) => one.rate / rate);
  const base = safe.find(({ policy }) => policy === 'strict') ?? safe.at(-1);
  return {
    ...{ label, fastest, rate, cpuNs },
    cheapest: namesOf(safe, (one) => one.cpuNs / cpuNs),
    against:
      base && !fastest.includes(base.policy)
        ? { policy: base.policy, ratio: rate / base.rate }
        : null,
    unprotected: contestants
      .filter((one) => one.reach !== 'mapped' && one.rate / rate - 1 > ALIKE)
      .map((one) => ({ policy: one.policy, by: one.rate / rate - 1 })),
  };
}

function namesOf(
  contestants: readonly Contestant[],
  share: (one: Contestant) => number,
): readonly string[] {
  return contestants.filter((one) => Math.abs(share(one) - 1) <= ALIKE).map(({ policy }) => policy);
}

/** In a sentence or two. */
export function answerText(rounds: readonly Round[], { rate, per }: Measures): string {
  const policies = new Set(rounds.flatMap((r) => r.contestants.map(({ policy }) => policy)));
  if (policies.size === 1)
    return `Only ${[...policies].join()} was run: there is nothing to compare it with.`;
  const winners = rounds.map(winnerOf).filter((one) => one !== null);
  if (winners.length === 0)
    return 'No policy that was run protects: under each of them the device reaches more than what is mapped.';
  return [fastestText(winners, rate), cheapestText(winners, per), unprotectedText(winners)]
    .filter((text) => text !== '')
    .join(' ');
}

function fastestText(winners: readonly Winner[], rate: string): string {
  const [first] = winners;
  if (first && winners.every(({ fastest }) => fastest.join() === first.fastest.join())) {
    const names = listed(first.fastest);
    const alike = first.fastest.length > 1;
    if (first.against === null)
      return alike
        ? `${names} have the same ${rate}${everywhere(winners)}.`
        : `${names} has the most ${rate}${everywhere(winners)} of the policies that protect.`;
    const ratios = winners.map(({ against }) => against?.ratio ?? 1);
    return `${names} ${alike ? 'win' : 'wins'}${everywhere(winners)}: ${range(ratios, times)} the ${rate} of ${first.against.policy}.`;
  }
  return `Most ${rate} of the policies that protect: ${byLabel(winners, ({ fastest }) => fastest)}.`;
}

/** `pool (4k, 8k); strict (16k)`. */
function byLabel(winners: readonly Winner[], of: (winner: Winner) => readonly string[]): string {
  const by = new Map<string, string[]>();
  for (const winner of winners) {
    const names = listed(of(winner));
    by.set(names, [...(by.get(names) ?? []), winner.label]);
  }
  return [...by].map(([names, labels]) => `${names} (${labels.join(', ')})`).join('; ');
}

function everywhere(winners: readonly Winner[]): string {
  return winners.length > 1 ? ' everywhere' : '';
}

function cheapestText(winners: readonly Winner[], per: string): string {
  const [first] = winners;
  if (!first) return '';
  const same = winners.every(({ cheapest }) => cheapest.join() === first.cheapest.join());
  if (!same)
    return `The least CPU time per ${per}: ${byLabel(winners, ({ cheapest }) => cheapest)}.`;
  if (winners.every(({ cheapest, fastest }) => cheapest.join() === fastest.join()))
    return `${first.fastest.length > 1 ? 'They take' : 'It takes'} the least CPU time per ${per}, too.`;
  return `The least CPU time per ${per}: ${listed(first.cheapest)}.`;
}

function unprotectedText(winners: readonly Winner[]): string {
  const most = new Map<string, number>();
  for (const { unprotected } of winners)
    for (const { policy, by } of unprotected) most.set(policy, Math.max(by, most.get(policy) ?? 0));
  if (most.size === 0) return '';
  const each = [...most].map(([policy, by]) => `${policy} by up to ${percent(by, 0)}`);
  return `Faster, but protecting less: ${each.join(', ')}.`;
}

function listed(names: readonly string[]): string {
  const [last, ...others] = [...names].reverse();
  return others.length === 0 ? (last ?? '') : `${others.reverse().join(', ')} and ${last ?? ''}`;
}

/** Both ends, or one value if they are shown alike. */
function range(values: readonly number[], show: (x: number) => string): string {
  const ends = [show(Math.min(...values)), show(Math.max(...values))];
  return ends[0] === ends[1] ? (ends[0] ?? '') : ends.join(' to ');
}

/** The same, round by round. */
export function answerTable(
  rounds: readonly Round[],
  roundName: string,
  { rate, unit, showRate, per }: Measures,
): Html {
  const winners = rounds.map(winnerOf).filter((one) => one !== null);
  if (winners.length === 0) return html``;
  const hasOthers = winners.some(({ unprotected }) => unprotected.length > 0);
  const hasAgainst = winners.some(({ against }) => against !== null);
  return htmlTable(
    [
      ...[roundName, `most ${rate}`, `least CPU time per ${per}`],
      ...(hasOthers ? ['faster, but protects less'] : []),
      ...[unit, `µs per ${per}`],
      ...(hasAgainst ? ['against'] : []),
    ],
    winners.map((one) => [
      ...[one.label, one.fastest.join(', '), one.cheapest.join(', ')],
      ...(hasOthers
        ? [one.unprotected.map(({ policy, by }) => `${policy} +${percent(by, 0)}`).join(', ')]
        : []),
      cell(one.rate, showRate(one.rate)),
      cell(one.cpuNs, (one.cpuNs / 1000).toFixed(2)),
      ...(hasAgainst
        ? [one.against === null ? '' : `${times(one.against.ratio)} ${one.against.policy}`]
        : []),
    ]),
    hasOthers ? 4 : 3,
  );
}
