// SPDX-License-Identifier: GPL-2.0-only
// What a run must not show, in words: bytes that did not arrive, what is left when all is over, an invariant that fails.

import type { Invariant } from './invariants';

/** The parts of a run that check it. */
export interface CheckedRun {
  readonly leaks: readonly string[];
  readonly invariants: readonly Invariant[];
  readonly data: {
    readonly pages_wrong?: number;
    readonly packets_wrong?: number;
    readonly faults: number;
  } | null;
}

/** Empty for a run that is right. */
export function wrongsOf({ leaks, invariants, data }: CheckedRun): string[] {
  const wrong = [...leaks];
  const found = (n: number | undefined, what: string): void => {
    if (n !== undefined && n > 0) wrong.push(`${n.toLocaleString('en')} ${what}`);
  };
  found(data?.pages_wrong, 'pages arrived wrong');
  found(data?.packets_wrong, 'packets arrived wrong');
  found(data?.faults, 'accesses found no translation');
  for (const { holds, name, relation, found: is, limit } of invariants)
    if (!holds)
      wrong.push(`invariant: ${name}: ${String(is)}, expected ${relation} ${String(limit)}`);
  return wrong;
}
