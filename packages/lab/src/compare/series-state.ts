// SPDX-License-Identifier: GPL-2.0-only
// States of the series, and which of them a recording is compared with.

/** Patches that are applied. */
export type SeriesState = 0 | 1 | 2 | 3 | 4;

/** A kernel without the series is compared with state 0 (or the one asked for), a kernel with it with state 4. */
export function stateToCompare(
  patches: readonly SeriesState[],
  hasDecisions: boolean,
): SeriesState {
  const plain = patches.find((one) => one < 4) ?? 0;
  return hasDecisions && patches.includes(4) ? 4 : plain;
}
