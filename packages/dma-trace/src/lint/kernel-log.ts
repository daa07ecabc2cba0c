// SPDX-License-Identifier: GPL-2.0-only
// What the kernel itself says, in lines of its log.

import type { KernelLog, TraceEvent } from '../events';
import type { Check } from './check';
import type { LintContext } from './context';
import type { Rule } from './rule';
import { bytes } from './words';

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
const FULL: Rule = {
  id: 'swiotlb-full',
  severity: 'warning',
  summary: 'swiotlb had no room, so a map call failed.',
  dmaDebug: null,
  needs: ['log'],
  pairing: false,
  cannotSee: 'Why it was full: too large a request, fragments, a leak, or real load.',
  why: 'The transfer fails; many drivers report it as an I/O error or retry forever.',
  fix: 'Look for leaks first, then for large requests; swiotlb=<slots> makes it larger.',
};

const ABOUT_ITSELF =
  /debugging (?:enabled|disabled|out of memory)|preallocated|debug_entry pool|driver filter|entries requested|^Mapped at/;

export class KernelLogCheck implements Check {
  readonly rules = [UNCHECKED, REPORT, FULL];

  event(event: TraceEvent, context: LintContext): void {
    if (event.kind !== 'kernelLog') return;
    if (event.topic === 'dmaDebug') this.report(event, context);
    else if (event.topic === 'swiotlbFull') {
      const { swiotlb, device } = event;
      const message = swiotlb ? `${bytes(swiotlb.size)} were asked for` : 'swiotlb is full';
      context.report(FULL, device, message, { weight: swiotlb?.size ?? 0 });
    }
  }

  private report({ text }: KernelLog, context: LintContext): void {
    const said = /DMA-API: (.*)$/.exec(text)?.[1] ?? '';
    if (said === '' || ABOUT_ITSELF.test(said)) return;
    // `driver device: message [values]`
    const [, device = null, message = said] = /^\S+ (\S+): (.*)$/.exec(said) ?? [];
    const kind = message.replace(/\s*\[[^\]]*\]/g, '').slice(0, 200);
    const rule = message.includes('failed to check map error') ? UNCHECKED : REPORT;
    context.report(rule, device, `the kernel says: ${kind}`, { kind });
  }
}
