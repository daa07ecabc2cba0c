// SPDX-License-Identifier: GPL-2.0-only
// The thread of the pool: a bundle of its own, which piscina loads.

import type { PointRow, PointTask } from './engine';
import { runPoint } from './run-point';

export default function point(task: PointTask): Promise<PointRow> {
  return runPoint(task);
}
