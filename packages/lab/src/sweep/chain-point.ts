// SPDX-License-Identifier: GPL-2.0-only
// A population of a calibration as a point: its task is one JSON text, its sets are one text of a row.

import { type Chain, type ChainTask, type CostParameters, runTask } from '@iommu-bounce/simulation';
import { hashOf } from './arguments';
import type { PointRow, PointTask } from './engine';

const BYTES = Float64Array.BYTES_PER_ELEMENT;

export function chainPoint(task: ChainTask): PointTask {
  const text = JSON.stringify(task);
  return { work: 'chain', hash: hashOf(['calibrate', text]), args: [text], columns: [] };
}

export function runChainPoint({ args: [text = ''] }: PointTask): PointRow {
  return rowOf(runTask(JSON.parse(text) as ChainTask));
}

/** Status 1: it found nothing, which is a result. */
export function rowOf(chain: Chain): PointRow {
  if (!('places' in chain))
    return { status: 1, values: [JSON.stringify(chain.best), chain.excess] };
  const { places, walkers, arrived, triedWanted, foundWanted, tried } = chain;
  return { status: 0, values: [packed(places), walkers, arrived, triedWanted, foundWanted, tried] };
}

export function chainOf({ status, values }: PointRow): Chain {
  const [text, ...numbers] = values;
  const [walkers, arrived, triedWanted, foundWanted, tried] = numbers.map(Number) as [
    ...[number, number, number, number, number],
  ];
  if (status !== 0)
    return { best: JSON.parse(String(text)) as Partial<CostParameters>, excess: walkers };
  return { places: unpacked(String(text)), walkers, arrived, triedWanted, foundWanted, tried };
}

/** The same on machines of either byte order. */
function packed(numbers: Float64Array): string {
  const bytes = Buffer.alloc(numbers.length * BYTES);
  for (const [i, number] of numbers.entries()) bytes.writeDoubleLE(number, i * BYTES);
  return bytes.toString('base64');
}

function unpacked(text: string): Float64Array {
  const bytes = Buffer.from(text, 'base64');
  return Float64Array.from({ length: bytes.length / BYTES }, (_, i) =>
    bytes.readDoubleLE(i * BYTES),
  );
}
