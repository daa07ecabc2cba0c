// SPDX-License-Identifier: GPL-2.0-only
// Pin or bounce: the size below which each device should bounce, per direction, by the cost model and the device's pieces.

import {
  LONGEST_CLASS,
  BreakEvenModel,
  type BreakEvenSetup,
  type CostParameters,
} from '@iommu-bounce/simulation';
import { sum } from '../show/sum';
import type { PinOrBounce } from './advise-document';
import type { DeviceSizes } from './advise-load';
import { piecesOf } from './break-even';

/** Devices with most mappings; each takes a model of its own. */
const MOST_ROWS = 32;

export function bounceRows(
  sizes: readonly DeviceSizes[],
  setup: Pick<BreakEvenSetup, 'iommu' | 'counted'>,
  costs: CostParameters,
): PinOrBounce[] {
  const groups = new Map<string, DeviceSizes[]>();
  for (const row of sizes) {
    const key = `${row.device} ${row.direction}`;
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  const mappings = (rows: readonly DeviceSizes[]): number => sum(rows, ({ maps }) => maps);
  const busiest = [...groups.values()].sort((a, b) => mappings(b) - mappings(a));
  return busiest.slice(0, MOST_ROWS).flatMap((rows) => {
    const [first] = rows;
    if (!first) return [];
    const { device, direction } = first;
    const model = new BreakEvenModel({ ...setup, direction, layout: piecesOf(rows) });
    const { copyingWins, bytes, extrapolated } = model.find(costs);
    const toBounce = rows.filter(
      ({ bytes: all, maps, size_up_to: upTo }) =>
        upTo <= LONGEST_CLASS &&
        (copyingWins === 'always' || (bytes !== null && all / maps < bytes)),
    );
    return [
      {
        ...{ device, direction, mappings: mappings(rows), bounce: copyingWins, extrapolated },
        break_even_bytes: bytes === null ? null : Math.round(bytes),
        mappings_to_bounce: mappings(toBounce),
      },
    ];
  });
}
