// SPDX-License-Identifier: GPL-2.0-only
// The same memory mapped several times at once.

import type { UnmapCall } from '../calls/account/unmap-account';
import { type Mapping, PAGE, type SgEntry, pageFloor } from '../calls/step';
import type { Check } from './check';
import type { LintContext } from './context';
import type { MappingState, Rule } from './rule';
import { deviceWrites, dirName, hex, isStreaming } from './words';

const TWICE: Rule = {
  id: 'memory-mapped-twice',
  severity: 'warning',
  summary: 'The same bytes are mapped twice at once, and a device may write to them.',
  dmaDebug: null,
  needs: ['maps', 'unmaps'],
  pairing: true,
  cannotSee: 'Lists whose lengths the capture does not tell, and mappings above 16 MiB.',
  why: 'With bounce buffers each mapping has a copy of its own: what one device writes the other does not see, and the last unmap overwrites the data (finding 4).',
  fix: 'Map the memory once (BIDIRECTIONAL if it goes both ways), or use coherent memory.',
};
const CACHE_LINE: Rule = {
  id: 'cacheline-overlap',
  severity: 'warning',
  summary:
    'Two mappings that devices write to share a cache line, on a device that is not coherent.',
  dmaDebug: 'cacheline tracking: overlapping mappings are not supported',
  needs: ['maps', 'unmaps', 'coherency'],
  pairing: true,
  cannotSee:
    'Machines whose cache lines are not 64 bytes; memory that only the CPU uses beside the buffer.',
  why: 'The CPU cleans and discards whole lines: the sync of one buffer destroys what a device wrote to the other.',
  fix: 'Align buffers to dma_get_cache_alignment() and give each its own lines.',
};

/** Bytes. */
const LINE = 64;
const LARGEST = 16 * 1024 * 1024;

/** Mappings by the pages of memory that they lie in. */
export class OverlapCheck implements Check {
  readonly rules = [TWICE, CACHE_LINE];
  private readonly pages = new Map<number, Mapping | Mapping[]>();

  mapped(mapping: Mapping, _state: MappingState, context: LintContext): void {
    const ranges = rangesOf(mapping);
    if (ranges.length === 0) return;
    const seen = new Set<Mapping>();
    for (const range of ranges)
      for (let page = pageFloor(range.phys); page < range.phys + range.length; page += PAGE) {
        const there = this.pages.get(page);
        if (there === undefined) {
          this.pages.set(page, mapping);
          continue;
        }
        for (const other of Array.isArray(there) ? there : [there])
          if (other !== mapping && !seen.has(other) && compare(mapping, range, other, context))
            seen.add(other);
        this.put(page, there, mapping);
      }
  }

  exchanged(stays: Mapping, ended: Mapping): void {
    this.forget(ended);
    for (const { phys, length } of rangesOf(stays))
      for (let page = pageFloor(phys); page < phys + length; page += PAGE)
        this.put(page, this.pages.get(page), stays);
  }

  private put(page: number, there: Mapping | Mapping[] | undefined, mapping: Mapping): void {
    if (there === undefined) this.pages.set(page, mapping);
    else if (!Array.isArray(there)) {
      if (there !== mapping) this.pages.set(page, [there, mapping]);
    } else if (!there.includes(mapping)) there.push(mapping);
  }

  unmapped(mapping: Mapping, _state: MappingState, _call: UnmapCall, _context: LintContext): void {
    this.forget(mapping);
  }

  replaced(mapping: Mapping): void {
    this.forget(mapping);
  }

  private forget(mapping: Mapping): void {
    for (const { phys, length } of rangesOf(mapping))
      for (let page = pageFloor(phys); page < phys + length; page += PAGE) {
        const there = this.pages.get(page);
        if (there === mapping) this.pages.delete(page);
        else if (Array.isArray(there)) {
          const rest = there.filter((one) => one !== mapping);
          const [only] = rest;
          if (rest.length === 1 && only) this.pages.set(page, only);
          else this.pages.set(page, rest);
        }
      }
  }
}

/** Looks at one range of a new mapping beside one of the same page; true if something was found. */
function compare(mapping: Mapping, range: SgEntry, other: Mapping, context: LintContext): boolean {
  if (!deviceWrites(mapping.dir) && !deviceWrites(other.dir)) return false;
  const both = deviceWrites(mapping.dir) && deviceWrites(other.dir);
  const incoherent = both && context.facts?.nonCoherent?.includes(mapping.device) === true;
  const at = context.lineOf(other.place);
  const doubt = context.doubtOf(context.stateOf(other).mappedNs);
  for (const theirs of rangesOf(other)) {
    if (range.phys < theirs.phys + theirs.length && theirs.phys < range.phys + range.length) {
      context.report(
        TWICE,
        mapping.device,
        `${hex(Math.max(range.phys, theirs.phys))}: mapped ${dirName(other.dir)} for ${other.device} at ${at}, and ${dirName(mapping.dir)}`,
        { doubt, kind: `${other.device} ${String(other.dir)} ${String(mapping.dir)}` },
      );
      if (incoherent) cacheLine(mapping, other, at, doubt, context);
      return true;
    }
    if (incoherent && sharesLine(range, theirs)) {
      cacheLine(mapping, other, at, doubt, context);
      return true;
    }
  }
  return false;
}

function cacheLine(
  { device }: Mapping,
  other: Mapping,
  at: string,
  doubt: string | null,
  context: LintContext,
): void {
  const message = `a cache line is shared with a buffer of ${other.device} mapped at ${at}`;
  context.report(CACHE_LINE, device, message, { doubt, kind: other.device });
}

function sharesLine(a: SgEntry, b: SgEntry): boolean {
  return (
    Math.floor(a.phys / LINE) <= Math.floor((b.phys + b.length - 1) / LINE) &&
    Math.floor(b.phys / LINE) <= Math.floor((a.phys + a.length - 1) / LINE)
  );
}

/** Where it lies in memory, as far as that is known for sure. */
function rangesOf(mapping: Mapping): readonly SgEntry[] {
  const { form, phys, size, entries, entrySource: source } = mapping;
  if (!isStreaming(mapping) || size > LARGEST) return [];
  if (form === 'page') return phys > 0 ? [{ phys, length: size }] : [];
  return source === 'recorded' || source === 'chunks' ? entries : [];
}
