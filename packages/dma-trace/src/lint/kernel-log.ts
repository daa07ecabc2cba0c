// SPDX-License-Identifier: GPL-2.0-only
// What the kernel itself says, in lines of its log.

import type { KernelLog, TraceEvent } from '../events';
import { SEGMENT_SLOTS, disjointRuns } from '../swiotlb-runs';
import type { Check } from './check';
import type { LintContext } from './context';
import type { Rule } from './rule';
import { bytes, number } from './words';

const UNCHECKED: Rule = {
  id: 'map-error-unchecked',
  severity: 'error',
  summary: 'CONFIG_DMA_API_DEBUG reports that a driver does not check its map calls.',
  dmaDebug: 'the driver failed to check a map error',
  needs: ['log'],
  pairing: false,
  cannotSee: 'Kernels without CONFIG_DMA_API_DEBUG: trace events do not show the check.',
  why: 'When a map call fails, the driver gives the device an address that is none.',
  fix: 'Call dma_mapping_error() after each dma_map_single and dma_map_page.',
};
const REPORT: Rule = {
  id: 'dma-debug-report',
  severity: 'error',
  summary: 'CONFIG_DMA_API_DEBUG reports misuse.',
  dmaDebug: 'this is its report',
  needs: ['log'],
  pairing: false,
  cannotSee: 'All but the first report, unless dma_debug=… or all_errors in debugfs asks for more.',
  why: 'The kernel followed the driver itself: it knows what a capture can only infer.',
  fix: 'Look at the call trace behind the line; dump in debugfs lists what is mapped.',
};
const OVERLAP: Rule = {
  id: 'dma-debug-overlap',
  severity: 'warning',
  summary: 'CONFIG_DMA_API_DEBUG reports mappings that share a cache line.',
  dmaDebug: 'this is its report: cacheline tracking EEXIST, or too many overlapping mappings',
  needs: ['log'],
  pairing: false,
  cannotSee:
    'Whether it matters: the same memory mapped twice for reading, or by two coherent devices, is reported, too.',
  why: 'On machines that are not coherent, the sync of one buffer destroys what a device wrote to the other.',
  fix: 'Look at the call trace: if both mappings are written to, give each its own cache lines.',
};
const FULL: Rule = {
  id: 'swiotlb-full',
  severity: 'warning',
  summary: 'swiotlb had no room, so a map call failed.',
  dmaDebug: null,
  needs: ['log'],
  pairing: false,
  cannotSee:
    'Whether leaks or real load fill it. Older kernels do not print how many slots are in use.',
  why: 'The transfer fails; many drivers report it as an I/O error or retry forever.',
  fix: 'Full: look for leaks, then swiotlb=<slots>. Too large, or fragmented: a smaller dma_max_mapping_size() or max_sectors_kb; more slots do not help the former. A run was free: look at min_align_mask and the DMA mask of the device; more slots are not known to help.',
};

/** Characters of a kernel's message. */
const SHOWN = 200;
/** Bytes of a slot. */
const SLOT = 2048;
/** Share of the slots above which it is load, not fragments. */
const NEARLY_ALL = 0.9;

/** With a driver and a device behind `DMA-API`, or what reports say; the rest is about dma-debug itself. */
const IS_REPORT = /device driver |mapping sg segment|^\S+ \S+: /;
const IS_OVERLAP = /cacheline tracking EEXIST|overlapping mappings of cacheline/;

export class KernelLogCheck implements Check {
  readonly rules = [UNCHECKED, REPORT, OVERLAP, FULL];

  event(event: TraceEvent, context: LintContext): void {
    if (event.kind !== 'kernelLog') return;
    if (event.topic === 'dmaDebug') this.report(event, context);
    else if (event.topic === 'swiotlbFull') {
      const { swiotlb, device } = event;
      const { kind, message } = swiotlb
        ? whyFull(swiotlb)
        : { kind: '', message: 'swiotlb is full' };
      context.report(FULL, device, message, { weight: swiotlb?.size ?? 0, kind, isOfLog: true });
    }
  }

  finish(context: LintContext): void {
    context.findings.suppress(FULL, context.suppressed.swiotlbFull);
  }

  private report({ text, device: named }: KernelLog, context: LintContext): void {
    // Some messages have two lines; syslog and dmesg print the newline as octal or hexadecimal digits.
    const said = /DMA-API: (.*)$/.exec(text.replace(/#012|\\x0a/gi, ' '))?.[1] ?? '';
    const isOverlap = IS_OVERLAP.test(said);
    // Older kernels print the driver and the device in front of all.
    if (!isOverlap && before(named) === null && !IS_REPORT.test(said)) return;
    // `driver device: message [values]`
    const [, device = before(named), message = said] = /^\S+ (\S+): (.*)$/.exec(said) ?? [];
    // Figures make no kind of their own, wherever they stand.
    const kind = message.replace(/\s*\[[^\]]*\]/g, '').replace(/\b0x[\da-f]+|\d+/g, '#');
    const rule = isOverlap
      ? OVERLAP
      : message.includes('failed to check map error')
        ? UNCHECKED
        : REPORT;
    const shown = message.length > SHOWN ? `${message.slice(0, SHOWN)}…` : message;
    context.report(rule, device, `the kernel says: ${shown}`, { kind: kind.slice(0, SHOWN) });
  }
}

/** The line may have the device in front of all, or only `DMA-API`. */
function before(named: string | null): string | null {
  return named === 'DMA-API' ? null : named;
}

/** By the figures of the line. */
function whyFull({ size, total, used }: NonNullable<KernelLog['swiotlb']>): {
  kind: string;
  message: string;
} {
  const asked = `${bytes(size)} asked for`;
  const slots = Math.ceil(size / SLOT);
  const use = total === null || used === null ? '' : `, ${slotsOf(used, total)}`;
  if (slots > SEGMENT_SLOTS) {
    const message = `${asked}${use}: too large for any swiotlb, which serves ${bytes(SEGMENT_SLOTS * SLOT)} at the most`;
    return { kind: 'too large', message };
  }
  if (total === null || used === null) return { kind: '', message: asked };
  if (total - used < slots || used >= NEARLY_ALL * total)
    return { kind: 'full', message: `${asked}${use}: it is full` };
  if (used < disjointRuns(total, slots)) {
    const why =
      "the cause is the device's alignment (min_align_mask) or DMA mask, or slots were freed meanwhile";
    const message = `${asked}${use}: by these figures ${slots === 1 ? 'a free slot was' : `${String(slots)} free slots side by side were`} there; ${why}`;
    return { kind: 'run free', message };
  }
  const nearLimit =
    slots * 2 > SEGMENT_SLOTS ? ', or too large with its alignment (min_align_mask)' : '';
  return {
    kind: 'fragmented',
    message: `${asked}${use}: no ${String(slots)} free slots side by side: fragmented${nearLimit}`,
  };
}

function slotsOf(used: number, total: number): string {
  return `${number(used)} of ${number(total)} slots used`;
}
