// SPDX-License-Identifier: GPL-2.0-only
// A piece of the searches of `check` as a point: its task is one JSON text, and so is what it found.

import type { SearchPart, SearchTask } from '@iommu-bounce/safety';
import { hashOf } from './arguments';
import type { PointRow, PointTask } from './engine';

export function searchPoint(task: SearchTask): PointTask {
  const text = JSON.stringify(task);
  return { work: 'search', hash: hashOf(['check', text]), args: [text], columns: [] };
}

export async function runSearchPoint({ args: [text = ''] }: PointTask): Promise<PointRow> {
  // It loads the machines and searches: points of other work do without them.
  const { runSearchTask } = await import('@iommu-bounce/safety');
  const part = runSearchTask(JSON.parse(text) as SearchTask);
  return { status: part.failures.length > 0 ? 1 : 0, values: [JSON.stringify(part)] };
}

export function searchPartOf({ values: [text] }: PointRow): SearchPart {
  return JSON.parse(String(text)) as SearchPart;
}
