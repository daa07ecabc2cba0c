// SPDX-License-Identifier: GPL-2.0-only
// Counts from frame 0 on.

import type { CountFrame } from './frame';

export function countsSince(now: CountFrame, before: CountFrame): CountFrame {
  return {
    requests: now.requests - before.requests,
    exits: now.exits === null ? null : now.exits - (before.exits ?? 0),
    copiedBytes: now.copiedBytes - before.copiedBytes,
  };
}
