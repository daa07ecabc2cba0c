// SPDX-License-Identifier: GPL-2.0-only
// CPU time of the kernels that one could boot instead: strict, lazy, the classes that there are by default, those advised.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import { timeOf, timesOf } from '@iommu-bounce/simulation';
import type { Lane } from '../drive/lane';
import { replayParams } from '../drive/parameters';
import { type SeriesState } from './series-state';
import type { TraceFile } from './read-files';
import type { VerdictCosts } from './recorded-on';
import type { Session } from './session';
import { type NsRange, chargePerPair, drawnCosts, lanesOf, nsRange } from './verdict';

/** One kernel for this load. */
export interface AdviseCpuRow extends NsRange {
  /** strict, lazy: before the series. usual: the series with its own parameters. recommended: with those that are advised. */
  kernel: 'strict' | 'lazy' | 'usual' | 'recommended';
  /** Words of the kernel's command line that make it so. */
  params: string;
  /** Of the drawn sets of costs, the share in which the recommendation takes less CPU time, 0 to 1; null: it is that. */
  recommended_wins: number | null;
  /** Sets of costs that were drawn. */
  drawn_sets: whole_number;
}

/** The kernel before the series, with the other way to flush than the recorded one has. */
export function otherFlush(files: readonly TraceFile[]): {
  readonly patches: SeriesState;
  readonly params: string;
} {
  const facts = files.find((one) => one.facts !== null)?.facts ?? null;
  const { strict } = replayParams(facts, null).values;
  return { patches: 0, params: flushParams(!strict) };
}

/**
 * @param sessions with the kernel's own parameters, and the machine of `otherFlush`
 * @param recommended machines with what is advised, and its parameters
 */
export function cpuRows(
  sessions: readonly Session[],
  recommended: { readonly lanes: readonly Lane[]; readonly params: string },
  usualParams: string,
  on: VerdictCosts,
): AdviseCpuRow[] {
  const { costs } = on;
  const { strict } = sessions[0]?.kernelParams ?? { strict: true };
  // Boots that flush in different ways have no common name.
  if (sessions.some(({ kernelParams }) => kernelParams.strict !== strict)) return [];
  const { sets } = drawnCosts(on);
  const pricedLanes = (lanes: readonly Lane[]): { ns: number; drawn: number[] } => {
    const charge = chargePerPair(lanes);
    return { ns: timeOf(charge, costs), drawn: timesOf(charge, sets) };
  };
  const own = pricedLanes(recommended.lanes);
  const row = (
    kernel: AdviseCpuRow['kernel'],
    params: string,
    { ns, drawn }: typeof own,
  ): AdviseCpuRow => {
    const wins = drawn.filter((time, i) => (own.drawn[i] ?? 0) < time).length / sets.length;
    return {
      ...{ kernel, params, ...nsRange(ns, drawn) },
      ...{ recommended_wins: kernel === 'recommended' ? null : wins, drawn_sets: sets.length },
    };
  };
  const other = sessions.flatMap(({ alternatives }) => alternatives.slice(0, 1));
  const [strictLanes, lazyLanes] = strict
    ? [lanesOf(sessions, 0), other]
    : [other, lanesOf(sessions, 0)];
  const usual = lanesOf(sessions, 4);
  return [
    row('strict', flushParams(true), pricedLanes(strictLanes)),
    row('lazy', flushParams(false), pricedLanes(lazyLanes)),
    ...(usualParams === recommended.params ? [] : [row('usual', usualParams, pricedLanes(usual))]),
    row('recommended', recommended.params, own),
  ];
}

function flushParams(strict: boolean): string {
  return `iommu.strict=${strict ? '1' : '0'}`;
}
