// SPDX-License-Identifier: GPL-2.0-only
// Whether walkers have been everywhere: agreement between populations, and how many draws the dependent ones are worth.

import { mean, sampleVariance } from 'simple-statistics';

/**
 * Gelman and Rubin's R-hat over halves of independent sequences: 1 when they agree; above 1.05 they do not yet.
 * @param sequences of draws of one quantity, each of at least 4
 */
export function rHat(sequences: readonly (readonly number[])[]): number {
  const halves = sequences.flatMap((s) => {
    const middle = Math.floor(s.length / 2);
    return [s.slice(0, middle), s.slice(middle)];
  });
  const n = Math.min(...halves.map((s) => s.length));
  const within = mean(halves.map((s) => sampleVariance(s)));
  if (within === 0) return 1;
  const between = sampleVariance(halves.map((s) => mean(s)));
  return Math.sqrt((((n - 1) / n) * within + between) / within);
}

/**
 * How many independent draws the walkers' records are worth: their number by the autocorrelation time, summed while
 * positive, about the mean of all, so that walkers which stay apart count as correlated.
 * @param walkers each walker's record of one quantity, all of one length
 */
export function effectiveSize(walkers: readonly (readonly number[])[]): number {
  const all = walkers.flat();
  const centre = mean(all);
  const length = walkers[0]?.length ?? 0;
  const covariance = (lag: number): number => {
    let sum = 0;
    for (const w of walkers)
      for (let t = 0; t + lag < length; t++)
        sum += ((w[t] ?? 0) - centre) * ((w[t + lag] ?? 0) - centre);
    return sum / (walkers.length * (length - lag));
  };
  const variance = covariance(0);
  if (variance === 0) return all.length;
  let time = 1;
  for (let lag = 1; lag < length / 2; lag++) {
    const rho = covariance(lag) / variance;
    if (rho <= 0) break;
    time += 2 * rho;
  }
  return all.length / time;
}
