// SPDX-License-Identifier: GPL-2.0-only
// Mappings that the pool, or the device, cannot take as they are.

import type { MapSg, TraceEvent } from '../events';
import { type Mapping, PAGE, asksPool, isList } from '../calls/step';
import type { Check } from './check';
import type { LintContext } from './context';
import type { MappingState, Rule } from './rule';
import { bytes, hex } from './words';

const SEGMENT: Rule = {
  id: 'entry-too-long',
  severity: 'warning',
  summary: 'A list has an entry that is longer than the longest segment of the device.',
  dmaDebug: 'mapping a segment longer than the device claims to support (CONFIG_DMA_API_DEBUG_SG)',
  needs: ['lists'],
  pairing: false,
  cannotSee:
    'The limit itself, unless the facts have max_segment_size: the 64 KiB of PCI devices are assumed.',
  why: 'The device may take only a part of it; the pool cuts an entry that one of its classes holds, and runs past the end of the list: the kernel dies (finding 29).',
  fix: 'Tell the DMA API what the device can take (dma_set_max_seg_size), or build lists that obey it.',
};
const BOUNDARY: Rule = {
  id: 'segment-boundary',
  severity: 'warning',
  summary: 'A DMA segment crosses a boundary that it must not cross.',
  dmaDebug: 'mapping a segment across the boundary (CONFIG_DMA_API_DEBUG_SG)',
  needs: ['lists'],
  pairing: false,
  cannotSee:
    'The boundary itself, unless the facts have seg_boundary_mask: the 4 GiB of PCI devices are assumed.',
  why: 'Devices with a counter of few bits wrap and reach other memory; segments of the pool cross boundaries smaller than a class (finding 33).',
  fix: 'Set the boundary (dma_set_seg_boundary) before the first mapping.',
};
const OFFSET: Rule = {
  id: 'list-offset-lost',
  severity: 'warning',
  summary: 'A list begins inside a page, on a device that may rely on that offset.',
  dmaDebug: null,
  needs: ['lists'],
  pairing: false,
  cannotSee:
    'Whether the device has a min_align_mask: the facts tell (virt_boundary_mask), as for NVMe.',
  why: 'The pool puts lists at the start of a slot: NVMe and others, which read the offset from the first address, transfer the wrong bytes (finding 34).',
  fix: 'Nothing in the driver: the pool would have to keep the offset, as swiotlb does.',
};
const CLASS: Rule = {
  id: 'larger-than-class',
  severity: 'note',
  summary: 'A mapping, with its offset in the page, is larger than every class of the pool.',
  dmaDebug: null,
  needs: ['maps'],
  pairing: false,
  cannotSee: 'Classes that the facts do not name: 4, 16 and 128 KiB are assumed.',
  why: 'The pool does not serve it: it is mapped as without the series.',
  fix: 'Add a class (io_buffer_pool.class_sizes) if such mappings are many; replay tells what it would cost.',
};
const NOTHING: Rule = {
  id: 'mapping-of-nothing',
  severity: 'warning',
  summary: 'Zero bytes are mapped.',
  dmaDebug: null,
  needs: ['maps'],
  pairing: false,
  cannotSee: 'Single entries of 0 bytes within a list.',
  why: 'It succeeds without a translation, and its unmap warns (finding 41); a list without bytes takes a slot of the pool forever (finding 27).',
  fix: 'Do not map what has no bytes.',
};
const PAGES: Rule = {
  id: 'alloc-pages-bounced',
  severity: 'warning',
  summary: 'Memory comes from dma_alloc_pages.',
  dmaDebug: null,
  needs: ['maps'],
  pairing: false,
  cannotSee: 'Nothing.',
  why: 'The pool bounces it for as long as it lives: its buffer is not zeroed, and CPU and device see each other only at syncs (finding 5).',
  fix: 'Sync as for streaming mappings, or take dma_alloc_coherent.',
};

/** Bytes: what the kernel's PCI core sets for each device; drivers may set others. */
const PCI_SEGMENT = 64 * 1024;
const PCI_BOUNDARY = 2 ** 32;

export class LimitCheck implements Check {
  readonly rules = [SEGMENT, BOUNDARY, OFFSET, CLASS, NOTHING, PAGES];

  event(event: TraceEvent, context: LintContext): void {
    if (event.kind === 'mapSg') this.list(event, context);
    else if (event.kind === 'mapPage' && event.size === 0)
      context.report(NOTHING, event.device, 'a buffer of 0 bytes is mapped');
  }

  private list(event: MapSg, context: LintContext): void {
    const { device, dmaAddrs, sizes } = event;
    if (dmaAddrs.length > 0 && sizes.every((size) => size === 0)) {
      context.report(NOTHING, device, 'a list of 0 bytes is mapped', { kind: 'list' });
      return;
    }
    const mask = context.facts?.queueLimits.get('seg_boundary_mask');
    const boundary = mask === undefined ? PCI_BOUNDARY : mask + 1;
    dmaAddrs.forEach((start, i) => {
      const last = start + (sizes[i] ?? 0) - 1;
      if (Math.floor(start / boundary) !== Math.floor(last / boundary))
        context.report(
          BOUNDARY,
          device,
          `${hex(start)} to ${hex(last)} crosses a multiple of ${hex(boundary)}`,
        );
    });
  }

  mapped(mapping: Mapping, _state: MappingState, context: LintContext): void {
    const { device, form, phys, size } = mapping;
    if (!asksPool(form) || form === 'reconstructed') return;
    if (form === 'sg') longestEntry(mapping, context);
    // A buffer keeps its offset in the page; a list begins at the start of a slot.
    const needed = isList(form) ? size : (phys % PAGE) + size;
    if (needed > context.largestClass) {
      const from = needed > size ? ` from the start of their page (${bytes(size)} mapped)` : '';
      const message = `${bytes(needed)}${from} at the most; the largest class has ${bytes(context.largestClass)}`;
      context.report(CLASS, device, message, { weight: needed });
      return;
    }
    if (form === 'pages') context.report(PAGES, device, `${bytes(size)} from dma_alloc_pages`);
    if (form === 'sg') listOffset(mapping, context);
  }
}

function listOffset({ device, entries }: Mapping, context: LintContext): void {
  const offset = (entries[0]?.phys ?? 0) % PAGE;
  if (offset === 0) return;
  const keeps = (context.facts?.queueLimits.get('virt_boundary_mask') ?? 0) >= PAGE - 1;
  context.report(OFFSET, device, `the list begins ${bytes(offset)} into a page`, {
    doubt: keeps ? null : 'nothing says that the device relies on the offset',
  });
}

/** Of any list: the limit is the device's, not the pool's. */
function longestEntry({ device, entries, entrySource }: Mapping, context: LintContext): void {
  if (entrySource !== 'recorded' && entrySource !== 'chunks') return;
  const most = context.facts?.queueLimits.get('max_segment_size') ?? null;
  const longest = entries.reduce((max, { length }) => Math.max(max, length), 0);
  if (longest > (most ?? PCI_SEGMENT))
    context.report(
      SEGMENT,
      device,
      `an entry of ${bytes(longest)}; the longest segment is ${bytes(most ?? PCI_SEGMENT)}`,
      { weight: longest, doubt: most === null ? 'the limit of the device is assumed' : null },
    );
}
