// SPDX-License-Identifier: GPL-2.0-only
// The thread of the pool: a bundle of its own, which piscina loads.

import type { PointRow, PointTask } from './engine';
import { runChainPoint } from './chain-point';
import { runPoint } from './run-point';
import { runSearchPoint } from './search-point';

export default function point(task: PointTask): PointRow | Promise<PointRow> {
  switch (task.work ?? 'verb') {
    case 'chain':
      return runChainPoint(task);
    case 'search':
      return runSearchPoint(task);
    case 'verb':
      return runPoint(task);
  }
}
