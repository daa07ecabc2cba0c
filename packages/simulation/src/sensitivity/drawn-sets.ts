// SPDX-License-Identifier: GPL-2.0-only
// Sets of costs that are drawn once, and priced for each workload: drawing ten thousand takes longer than all their prices.

import { COST_PARAMETERS, type CostName, type CostParameters, isBandwidth } from '../cost';
import type { Price } from './price';
import { type CostRanges, drawCosts } from './uncertainty';

const COLUMNS = new Map<string, number>(COST_PARAMETERS.map(({ name }, i) => [name, i]));

/** What an I/O pays for one parameter. */
interface Term {
  readonly column: number;
  /** How often, of a bandwidth how many bytes times 10^9. */
  readonly n: number;
  readonly isBandwidth: boolean;
}

export class DrawnSets {
  /** A row for each set, a column for each parameter. */
  private readonly values: Float64Array;

  /** @param draws how many sets */
  constructor(
    cost: CostParameters,
    ranges: CostRanges,
    private readonly draws: number,
    seed: number,
  ) {
    this.values = new Float64Array(draws * COST_PARAMETERS.length);
    let at = 0;
    for (const drawn of drawCosts(cost, ranges, draws, seed))
      for (const { name } of COST_PARAMETERS) this.values[at++] = drawn[name];
  }

  /** The share of the sets, 0 to 1, in which the second takes less CPU time. */
  secondWins([first, second]: readonly [Price, Price]): number {
    const [firstTerms, secondTerms] = [termsOf(first), termsOf(second)];
    let wins = 0;
    for (let row = 0; row < this.draws; row++) {
      const one = this.cpuNs(first.waitNs, firstTerms, row);
      if (this.cpuNs(second.waitNs, secondTerms, row) / one < 1) wins++;
    }
    return wins / this.draws;
  }

  /** As `cpuNs` of ./price, in the same order: to the last bit. */
  private cpuNs(waitNs: number, terms: readonly Term[], row: number): number {
    const start = row * COST_PARAMETERS.length;
    let ns = waitNs;
    for (const { column, n, isBandwidth } of terms) {
      const value = this.values[start + column] as number;
      ns += isBandwidth ? n / value : n * value;
    }
    return ns;
  }
}

function termsOf({ times }: Price): Term[] {
  return (Object.entries(times) as [CostName, number][]).map(([name, n]) => ({
    column: COLUMNS.get(name) as number,
    n: isBandwidth(name) ? n * 1e9 : n,
    isBandwidth: isBandwidth(name),
  }));
}
