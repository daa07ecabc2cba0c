// SPDX-License-Identifier: GPL-2.0-only
// Lines of a kernel log about a full swiotlb: all of them, and what to do about each cause.

import { IO_TLB_SEGSIZE, IO_TLB_SIZE } from '@iommu-bounce/linux-shim';
import { Assembler, CaptureAccount, readTrace, suppressedLines } from '@iommu-bounce/dma-trace';
import { LONGEST_BOUNCE, SwiotlbFull, type SwiotlbFullGroup } from '@iommu-bounce/simulation';
import { count, exactBytes, plural, sizeLimit } from '../show/format';
import type { SwiotlbFullRow } from './advise-document';
import { captureSection } from './capture';
import type { CaptureSection } from './capture-document';

/** What is never unmapped fills the area if it is so much of it. */
const LEAK_SHARE = 0.5;

/** What a first look at the captures finds. */
export interface LogLook {
  readonly full: SwiotlbFull;
  /** Lines about it that the kernel's rate limit left out. */
  readonly suppressed: number;
  /** Lines of a kernel log. */
  readonly logLines: number;
  /** Files with any event beside them. */
  readonly captures: readonly string[];
  /** What each of the other files shows and lacks. */
  readonly logs: readonly CaptureSection[];
}

/** @throws TraceError for a file that is no capture */
export async function lookAtLogs(
  files: readonly string[],
  pathOf: (file: string) => string,
  progress: (file: string, share: number) => void,
): Promise<LogLook> {
  const full = new SwiotlbFull();
  let suppressed = 0;
  let logLines = 0;
  const captures: string[] = [];
  const logs: CaptureSection[] = [];
  for (const [i, file] of files.entries()) {
    const reader = readTrace(file, pathOf(file));
    const account = new CaptureAccount();
    const assembler = new Assembler(null, undefined, account);
    assembler.beginFile(file);
    for await (const batch of reader.batches()) {
      // Calls are put together later, by the replay.
      const lines = batch.filter((event) => event.kind === 'kernelLog');
      assembler.add(lines);
      for (const event of lines) {
        const left = suppressedLines(event);
        if (left?.topic === 'swiotlbFull') suppressed += left.calls;
        if (event.topic !== 'swiotlbFull') continue;
        full.add({
          device: event.device,
          size: event.swiotlb?.size ?? null,
          total: event.swiotlb?.total ?? null,
          used: event.swiotlb?.used ?? null,
          timeNs: event.timeNs,
          place: `${file}:${String(event.line)}`,
        });
      }
      progress(file, i / files.length);
    }
    logLines += reader.counters.logLines;
    assembler.finish();
    const { counters, header } = reader;
    if (counters.events > 0) captures.push(file);
    else
      logs.push(
        captureSection({
          account,
          counters: [counters],
          cpus: header.cpus,
          files: [{ file, facts: null, ignored: null }],
          reconstructed: assembler.reconstructed,
        }),
      );
  }
  return { full, suppressed, logLines, captures, logs };
}

/** @param held bytes that a device maps and never unmaps, by the calls beside the log */
export function fullRow(
  found: SwiotlbFullGroup,
  held: (device: string | null) => number = () => 0,
): SwiotlbFullRow {
  const area = (found.total ?? Infinity) * IO_TLB_SIZE;
  // Without an area nothing of it is held.
  const isLeak = found.cause === 'full' && area > 0 && held(found.device) >= LEAK_SHARE * area;
  const group: SwiotlbFullGroup = isLeak ? { ...found, cause: 'leaked' } : found;
  return {
    cause: group.cause,
    device: group.device,
    count: group.count,
    largest_bytes: group.largest,
    most_slots: group.mostSlots,
    slots: group.total,
    first_place: group.first,
    advice: adviceOn(group, isLeak),
  };
}

/** @param isHeld whether the calls beside the log show what is never unmapped */
function adviceOn({ cause, largest, mostSlots, total }: SwiotlbFullGroup, isHeld: boolean): string {
  if (total === 0 && cause !== 'too_large')
    return 'there is no area at all (total 0 slots): remove swiotlb=noforce, or find in the log why the kernel set no memory aside';
  switch (cause) {
    case 'too_large':
      return (
        `no swiotlb= helps: a piece has at most ${sizeLimit(LONGEST_BOUNCE)}, and ${exactBytes(largest ?? 0)} were asked for; ` +
        'let the driver ask dma_max_mapping_size (for disks: lower max_sectors_kb)'
      );
    case 'fragmented':
      return `enough slots were free, but no run of ${exactBytes(largest ?? 0)}: smaller pieces, or a larger area${atLeast(total)}`;
    case 'run_free':
      return `a run of ${exactBytes(largest ?? 0)} was free by these numbers: the cause is the alignment (min_align_mask) or DMA mask of the device, or slots were freed meanwhile; a larger area is not known to help`;
    case 'leaked':
      return isHeld
        ? 'mappings are not unmapped, as the calls show: run iommu-bounce lint on them; a larger swiotlb= only delays it'
        : 'slots in use never became fewer: mappings are not unmapped, or a load of one size keeps the area full; record its dma:* events and run iommu-bounce lint, which tells; a larger swiotlb= only delays a leak';
    case 'full':
      return `needs swiotlb=${count(wholeSets(mostSlots ?? 0)).replaceAll(',', '')} at least (${plural(mostSlots ?? 0, 'slot')} in use and asked for)`;
    case 'unknown':
      return 'the line has no numbers of slots (Linux up to 5.0 prints none, from 5.2 on it does): record the mappings, or raise swiotlb=';
  }
}

/** Twice of what there is: how large is not known from the lines. */
function atLeast(total: number | null): string {
  return total === null ? '' : `, for instance swiotlb=${String(wholeSets(2 * total))}`;
}

function wholeSets(slots: number): number {
  return Math.ceil(slots / IO_TLB_SEGSIZE) * IO_TLB_SEGSIZE;
}
