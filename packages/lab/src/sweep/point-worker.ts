// SPDX-License-Identifier: GPL-2.0-only
// The thread of the pool: a bundle of its own, which piscina loads.

import type { PointRow, PointTask } from './engine';
import { runChainPoint } from './chain-point';
import { runPoint } from './run-point';

export default function point(task: PointTask): PointRow | Promise<PointRow> {
  return task.work === 'chain' ? runChainPoint(task) : runPoint(task);
}
