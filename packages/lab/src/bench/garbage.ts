// SPDX-License-Identifier: GPL-2.0-only
// Bytes that a loop leaves for the garbage collector, from V8's sampling of allocations: what was collected counts too.

import { Session } from 'node:inspector';
import type { Loop } from './cases';

/** One sample for so many bytes on average: 10,000 times a single number (16 bytes) are 300 samples. */
const SAMPLING_INTERVAL = 512;

interface ProfileNode {
  readonly selfSize: number;
  readonly children: readonly ProfileNode[];
}

function total(node: ProfileNode): number {
  return node.children.reduce((sum, child) => sum + total(child), node.selfSize);
}

/**
 * Bytes allocated by one of `times` passages, of a loop that has run before and is compiled; rounded to whole ones, and
 * 16 (a boxed number) is uncertain by one or two.
 */
export function garbageBytes(loop: Loop, times: number): number {
  const session = new Session();
  session.connect();
  try {
    session.post('HeapProfiler.startSampling', {
      samplingInterval: SAMPLING_INTERVAL,
      // Known to the protocol of Node 20, not to its type definitions.
      ...{ includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true },
    });
    loop(times);
    let bytes = 0;
    session.post('HeapProfiler.stopSampling', (_error, result) => {
      bytes = total(result.profile.head);
    });
    return Math.round(bytes / times);
  } finally {
    session.disconnect();
  }
}
