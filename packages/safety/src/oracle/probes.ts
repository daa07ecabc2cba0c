// SPDX-License-Identifier: GPL-2.0-only
// Accesses of the hostile devices themselves: at every step some addresses are tried, and the IOMMU has to say what the
// shadow knows of them.

import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import { below, newRandom } from '@iommu-bounce/simulation';
import type { WatchedDomain } from './watched-domain';

/** Pages of addresses that were mapped lately, for each domain. */
const RECENT = 1024;
const TRIES = 2;

export class Probes {
  tried = 0;
  wrong = 0;
  private readonly random = newRandom(0);
  private readonly recent: { readonly pages: Float64Array; seen: number }[];

  constructor(private readonly domains: readonly WatchedDomain[]) {
    this.recent = domains.map(() => ({ pages: new Float64Array(RECENT), seen: 0 }));
  }

  /** A domain has mapped something. */
  saw(domain: number, address: number, bytes: number): void {
    const recent = this.recent[domain];
    if (!recent) return;
    const first = Math.floor(address / PAGE_SIZE);
    for (let page = first; page < first + bytes / PAGE_SIZE; page++)
      recent.pages[recent.seen++ % RECENT] = page;
  }

  /** The device of each domain tries addresses that were mapped lately, and their neighbours. */
  probe(): void {
    for (const [i, domain] of this.domains.entries()) {
      const { pages, seen } = this.recent[i] as { pages: Float64Array; seen: number };
      if (seen === 0 || !domain.isTranslated()) continue;
      for (let n = 0; n < TRIES; n++) {
        const page = pages[below(this.random, Math.min(seen, RECENT))] as number;
        this.tried++;
        if (!domain.reach.agrees(page + below(this.random, 3) - 1)) this.wrong++;
      }
    }
  }
}
