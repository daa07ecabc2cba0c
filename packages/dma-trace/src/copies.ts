// SPDX-License-Identifier: GPL-2.0-only
// Whether a file has a part of itself twice: below the first copy, or line by line.
import type { TraceEvent } from './events';
import { isReadAgain } from './files';
import { type Repetition, Restarts, findRepetitions } from './repeated-within';
import type { TraceCounters } from './trace-counters';
import { TraceError } from './trace-error';
import { FIRST, TwinLines } from './twin-lines';

const EXPECTED = 'expected each line once';

/** Events of which two alike cannot come at once on one CPU, where devices are translated: memory may be mapped twice, an address not. */
const CALLS: ReadonlySet<string> = new Set<TraceEvent['kind']>([
  ...(['mapPage', 'unmapPage', 'mapSg', 'unmapSg', 'dmaAlloc', 'dmaFree'] as const),
  ...(['iommuMap', 'iommuUnmap'] as const),
]);

export class Copies {
  private readonly restarts = new Restarts();
  private readonly twins = new TwinLines();
  private isTranslated = false;

  /**
   * To be told of each event.
   * @param bytes the block that its line is in, from `start` to `end`
   * @param stepNs nanoseconds by which its clock stepped back; NaN if it has none
   */
  see(event: TraceEvent, bytes: Uint8Array, start: number, end: number, stepNs: number): void {
    const isEvent = event.kind !== 'kernelLog';
    if (stepNs > 0) this.restarts.add(event.line, bytes.subarray(start, end), isEvent, stepNs);
    this.isTranslated ||= event.kind === 'iommuMap';
    const isAtOnce = stepNs === 0 && isEvent;
    const isCall = isAtOnce && this.isTranslated && CALLS.has(event.kind) && !isDirect(event);
    this.twins.add(bytes, start, end, event.line, isAtOnce, isCall);
  }

  /**
   * At the end of the file: counts single lines that are there twice.
   * @throws TraceError for a copy of a part, or a file that cannot be read again
   */
  async look(file: string, path: string, counters: TraceCounters): Promise<void> {
    const { restarts, twins } = this;
    if (twins.areAll(counters.events))
      throw new TraceError(
        file,
        twins.first,
        `the line is the one above it, and so are half of the lines of the file; ${EXPECTED}: \`sort -u\` in place of \`sort\``,
      );
    // A clock of ticks says of many lines that they are at once.
    if (counters.tickNs === 0) count(twins.calls, twins.firstCalls, counters);
    if (restarts.isEmpty || !(await isReadAgain(path))) return;
    for (const found of await findRepetitions(file, path, restarts)) {
      if (found.isCopy) throw new TraceError(file, found.line, textOf(found));
      count(found.lines, [found.line], counters);
    }
  }
}

const isDirect = (event: TraceEvent): boolean =>
  event.kind === 'mapPage' && event.dmaAddr === event.phys;

function count(lines: number, first: readonly number[], counters: TraceCounters): void {
  counters.repeated += lines;
  counters.repeatedLines = [...counters.repeatedLines, ...first].slice(0, FIRST);
}

function textOf({ lines, line, lastLine, firstLine, firstLastLine }: Repetition): string {
  const isGapless = lastLine - line === firstLastLine - firstLine;
  const where = `lines ${String(firstLine)} to ${String(firstLastLine)}`;
  return isGapless
    ? `lines ${String(line)} to ${String(lastLine)} repeat ${where}; ${EXPECTED}: cut them off`
    : `${String(lines)} lines, from ${String(line)} to ${String(lastLine)}, are also among ${where}; ${EXPECTED}: cut them off`;
}
