// SPDX-License-Identifier: GPL-2.0-only
// The layout of a recorded trace itself: the buffers that a real fio had, range by range.

import { FrameArena, type PhysRun, type TraceEvent } from '@iommu-bounce/dma-trace/parse';
import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import { InputError } from '../errors';
import type { BufferLayout } from './buffer-layout';
import { checkArena, pagesOf } from './slots';

/** One buffer, as the ranges of its iommu:map events, in the order of its bytes. */
export type RecordedBuffer = readonly PhysRun[];

/** Where frames are dealt out for a dry run: more than any arena. */
const ENDLESS = 2 ** 40;
/** Frames that alignment can cost at an arena's beginning. */
const BEGINNING = 511;

/**
 * The different buffers of a trace of Linux 6.12 or later (dma and iommu:map events), whole pages only, in the order of
 * their first use.
 *
 * @param events of a trace, as readTrace gives them
 * @param device PCI name of the disk; null: all devices of the trace
 * @throws InputError where there is no such mapping
 */
export async function recordedBuffers(
  events: AsyncIterable<TraceEvent>,
  device: string | null = null,
): Promise<RecordedBuffer[]> {
  const found = new Map<string, RecordedBuffer>();
  /** What was mapped on each CPU since the last call that was told; the call is told behind its own. */
  const pending = new Map<number | null, PhysRun[]>();
  for await (const event of events) {
    if (event.kind === 'iommuMap') {
      const run = { phys: event.paddr, pages: event.size / PAGE_SIZE };
      const runs = pending.get(event.cpu);
      if (runs === undefined) pending.set(event.cpu, [run]);
      else runs.push(run);
    } else if (event.kind === 'mapPage' || event.kind === 'mapSg') {
      const runs = pending.get(event.cpu) ?? [];
      pending.delete(event.cpu);
      const bytes =
        event.kind === 'mapPage' ? event.size : event.sizes.reduce((sum, size) => sum + size, 0);
      const pages = runs.reduce((sum, run) => sum + run.pages, 0);
      const isWhole =
        pages * PAGE_SIZE === bytes && runs.every((run) => run.phys % PAGE_SIZE === 0);
      if (isWhole && pages > 0 && (device ?? event.device) === event.device)
        found.set(runs.map(({ phys, pages: n }) => `${String(phys)}+${String(n)}`).join(), runs);
    }
  }
  if (found.size === 0)
    throw new InputError('no mapping of whole pages, expected the trace of a disk');
  return [...found.values()];
}

/**
 * The recorded buffers of the asked size, from the first on and round again where more are asked for than there are (as
 * frames of their own then). Physical alignment is kept as far as a range's length makes use of it.
 *
 * @throws RangeError from its methods for a size that was not recorded
 */
export function recordedLayout(all: readonly RecordedBuffer[]): BufferLayout {
  const ofSize = (count: number, bytes: number): RecordedBuffer[] => {
    const pages = pagesOf(bytes);
    const fitting = all.filter((runs) => runs.reduce((sum, run) => sum + run.pages, 0) === pages);
    if (fitting.length === 0)
      throw new RangeError(`the trace has no buffer of ${String(pages)} pages`);
    return Array.from({ length: count }, (_, i) => fitting[i % fitting.length] as RecordedBuffer);
  };
  const place = (buffers: readonly RecordedBuffer[], frames: FrameArena): Float64Array[] =>
    buffers.map((runs) =>
      Float64Array.from(
        runs.flatMap((run) => {
          const first = frames.take(run);
          return Array.from({ length: run.pages }, (_, i) => first + i);
        }),
      ),
    );
  const framesNeeded = (count: number, bytes: number): number => {
    const frames = new FrameArena(0, ENDLESS);
    place(ofSize(count, bytes), frames);
    return frames.used + BEGINNING;
  };
  return {
    name: 'recorded',
    framesNeeded,
    buffers: (count, bytes, { firstPfn, frames }) => {
      checkArena('recorded', framesNeeded(count, bytes), { firstPfn, frames });
      const aligned = Math.ceil(firstPfn / (BEGINNING + 1)) * (BEGINNING + 1);
      return place(ofSize(count, bytes), new FrameArena(aligned, ENDLESS));
    },
  };
}
