// SPDX-License-Identifier: GPL-2.0-only
// The answer of an experiment: which policy is best, and what that is worth where costs were fitted to its figures.

import {
  type FioDocument,
  type PredictedFigure,
  isFitted,
  predictionsFromTwo,
} from '@iommu-bounce/simulation';
import { blockSize, listed, percent, times } from '../show/format';
import { OF_IO, type Round, answerText, reachOf } from './answer';
import { runName } from './fio-figures';
import { groupsOf } from './fio-groups';
import { isWithin, residualsOf } from './residuals';

/** The first line of the terminal, and the headline of the page. */
export function fioAnswer(document: FioDocument): string {
  const fitted = fittedText(document);
  return `${fitted === null ? '' : `${fitted} `}Simulated: ${answerText(roundsOf(document), OF_IO)}`;
}

/** Each group of jobs under each policy. */
export function roundsOf(document: FioDocument): Round[] {
  return groupsOf(document).map(({ label, runs }) => ({
    label,
    contestants: runs.map((run) => ({
      policy: runName(run),
      rate: run.bandwidth_bytes_per_s,
      cpuNs: run.cpu_ns_per_io.total,
      reach: reachOf(run.stale_max_ns),
    })),
  }));
}

/** What figures prove that the costs were fitted to; null where there are none. */
export function fittedText({ comparison, cost }: FioDocument): string | null {
  const residuals = residualsOf(comparison);
  if (residuals.length === 0 || !isFitted(cost)) return null;
  const within = residuals.filter(isWithin).length;
  const shown = predictionsFromTwo().filter(({ bytes }) =>
    residuals.some(({ bs }) => bs === bytes),
  );
  const proves = `Costs were fitted to these figures, so meeting ${String(within)} of ${String(residuals.length)} proves nothing`;
  return shown.length === 0 ? `${proves}.` : `${proves}; ${predictedText(shown)}.`;
}

function predictedText(shown: readonly PredictedFigure[]): string {
  const sizes = [...new Set(shown.map(({ bytes }) => bytes))].map(blockSize);
  const missed = shown.filter(({ met }) => !met);
  const met = `${String(shown.length - missed.length)} of the ${String(shown.length)} figures at ${listed(sizes)}`;
  return (
    `fitted to two other sizes alone, they predict ${met}` +
    (missed.length > 0 ? ` and miss ${listed(missed.map(missedText))}` : '')
  );
}

/** `the time saved in unmap at 64k (predicted 87.2 % to 88.8 %, published 90 %)`. */
function missedText({ bytes, of, predicted: [low, high], published }: PredictedFigure): string {
  const show = (x: number): string => (of === 'speedup' ? times(x, 1) : percent(x));
  const what = of === 'speedup' ? 'the speed-up' : 'the time saved in unmap';
  const known = of === 'speedup' ? times(published, 1) : percent(published, 0);
  return `${what} at ${blockSize(bytes)} (predicted ${show(low)} to ${show(high)}, published ${known})`;
}
