// SPDX-License-Identifier: GPL-2.0-only
// A mapping from the lines of a kernel with the series, which print what an unmodified one leaves out.

import { ALL_ONES, type ObsMapPage, type ObsMapSg } from '../trace';
import type { Workbench } from './workbench';
import type { Context } from './contexts';
import { directionNumber, newMapping, portedAttrs } from './mappings';
import { type MapDecision, type Mapping, pageCeil, pageFloor } from './step';

/** @param inSlot whether it holds a slot, hence has no iommu:map of its own */
export function poolMapping(
  bench: Workbench,
  event: ObsMapPage | ObsMapSg,
  context: Context,
  decision: MapDecision | null,
  inSlot: boolean,
): Mapping {
  const isSg = event.kind === 'obsMapSg';
  const size = isSg ? event.total : event.size;
  const failed = event.dmaAddr === ALL_ONES || size === 0 || (isSg && event.ret === 0);
  const said = isSg ? context.sgEntries.slice(0, event.nents) : [];
  const missing = isSg ? size - said.reduce((sum, entry) => sum + entry.length, 0) : 0;
  // Lines of the first entries may lie before the recording: their bytes still count for the pool.
  const entries = missing > 0 ? [{ phys: 0, length: missing }, ...said] : said;
  context.sgEntries = [];
  const end = pageCeil(event.dmaAddr + (isSg ? Math.max(event.dmaLength, size) : size));
  const chunks =
    failed || inSlot
      ? []
      : context.takeMaps(pageFloor(event.dmaAddr), pageEnd(end, entries.length));
  bench.counts.matchedMaps += chunks.length;
  const phys = isSg ? (entries[0]?.phys ?? 0) : event.phys;
  // What is printed is the address; how far into its page the caller said it lies follows from the pool's line.
  const extra = decision && !isSg && decision.size > size ? decision.size - size : null;
  const fits = extra !== null && (phys - extra) % 4096 === 0 && extra <= phys;
  return newMapping({
    place: { file: bench.file, line: event.line },
    device: event.device,
    form: isSg ? 'sg' : 'page',
    dir: directionNumber(event.dir),
    attrs: portedAttrs(event.attrs),
    dmaAddr: event.dmaAddr,
    size,
    segment: isSg ? event.dmaLength : size,
    phys,
    offset: fits ? extra : phys - pageFloor(phys),
    entries,
    entrySource: missing === 0 ? 'recorded' : 'partial',
    chunks,
    failed,
  });
}

/** A list's last chunk may reach past its DMA length, when a gap was left for a boundary. */
function pageEnd(end: number, entries: number): number {
  return entries > 1 ? end + 4096 * entries : end;
}
