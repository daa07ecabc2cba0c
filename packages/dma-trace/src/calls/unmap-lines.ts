// SPDX-License-Identifier: GPL-2.0-only
// Unmap calls of an unmodified kernel, and the iommu:unmap that each has before or behind it.

import type { DmaFree, IommuUnmap, UnmapPage, UnmapSg } from '../events';
import type { EventHead } from '../event-head';
import { unmapSide } from './account/unmap-account';
import { type Workbench, claimUnmap, directionNumber, portedAttrs } from './mappings';
import type { Context, OpenIommuUnmap } from './contexts';
import {
  type Mapping,
  PAGE,
  type RecordedUnmap,
  type UnmapStep,
  pageCeil,
  pageFloor,
  rangeEnd,
  rangeOf,
  rangeStart,
} from './step';

export class UnmapLines {
  constructor(private readonly bench: Workbench) {}

  iommuUnmap(event: IommuUnmap): void {
    const { account, counts, contexts, live } = this.bench;
    counts.iommuUnmaps++;
    const context = contexts.of(event);
    const { waiting } = context;
    const { iova, size, unmapped, timeNs } = event;
    const unmap = { iova, size, unmapped, timeNs, unclaimed: null, hasEnded: false };
    account?.iommuUnmap(event, unmap);
    if (waiting) {
      const match = context.candidates.find((one) => isWithin(event.iova, one));
      if (match) {
        if (match !== waiting.mapping && waiting.mapping) {
          live.add(waiting.mapping);
          live.remove(match);
          account?.exchanged(waiting.mapping, match, event);
          waiting.mapping = match;
        }
        waiting.recorded = [unmap];
        claimUnmap(this.bench, unmap);
        context.settle();
        return;
      }
    }
    if (this.isOfStrayList(context, unmap)) {
      claimUnmap(this.bench, unmap);
      return;
    }
    context.addElsewhere(unmap);
    this.bench.reconstruction.unmap(event, unmap, context);
  }

  unmapPage(event: UnmapPage): void {
    const context = this.bench.contexts.open(event);
    const { live, late } = this.bench;
    const top = live.at(event.device, event.dmaAddr);
    // The usual case: only one is there.
    const mapping = top?.below ? live.fitting(event.device, event.dmaAddr, unmapSide(event)) : top;
    const before = late.size > 0 ? late.take(event, context, mapping) : null;
    if (before) this.lateUnmap(event, context, before);
    else this.unmap(event, context, mapping && !isLater(mapping, context) ? [mapping] : [], event);
  }

  unmapSg(event: UnmapSg): void {
    const context = this.bench.contexts.open(event);
    const { live, late } = this.bench;
    const lists = live.lists(event.device, event.physAddrs);
    const before = late.size > 0 ? late.takeList(event, context, lists[0] ?? null) : null;
    if (before) {
      this.lateUnmap(event, context, before);
      return;
    }
    const dir = directionNumber(event.dir);
    const others = lists.filter((list) => list.dir !== dir);
    const inOrder = [...lists.filter((list) => list.dir === dir), ...others];
    this.unmap(event, context, others.length > 0 ? inOrder : lists, event);
  }

  free(event: DmaFree): void {
    const context = this.bench.contexts.open(event);
    if (event.dmaAddr === 0) {
      this.bench.counts.emptyFrees++;
      return;
    }
    const mapping = this.bench.live.fitting(event.device, event.dmaAddr, unmapSide(event));
    this.unmap(event, context, mapping ? [mapping] : [], event);
  }

  /** The mapping ended when its address was mapped again. */
  private lateUnmap(event: UnmapPage | UnmapSg, context: Context, mapping: Mapping): void {
    this.bench.counts.unmapCalls++;
    this.dropUnmapOf(context, event);
    const { iommuMaps, iommuUnmaps } = this.bench.counts;
    // That of a list is behind its line. It changes no step: the mapping had ended already.
    if (event.kind === 'unmapSg' && iommuMaps + iommuUnmaps > 0)
      context.wait(this.step(event, event, mapping), [mapping], true);
    this.bench.account?.lateUnmap(mapping, event);
    context.callDone();
  }

  private unmap(
    event: EventHead,
    context: Context,
    candidates: readonly Mapping[],
    call: UnmapPage | UnmapSg | DmaFree,
  ): void {
    const { account, counts, live, queue } = this.bench;
    counts.unmapCalls++;
    const mapping = candidates[0];
    if (!mapping) {
      counts.unpairedUnmaps++;
      const own = this.dropUnmapOf(context, call);
      account?.strayUnmap(event, call, live, own?.timeNs);
      context.callDone();
      if ('physAddrs' in call) context.strayEntries = call.physAddrs.length;
      return;
    }
    live.remove(mapping);
    const step = this.step(event, call, mapping);
    queue.push(step);
    this.findUnmap(context, step, candidates);
    account?.unmapped(step.mapping ?? mapping, call);
    context.callDone();
  }

  /** Field by field, as all frequent steps: see dma-lines.ts. */
  private step(event: EventHead, call: UnmapPage | UnmapSg | DmaFree, mapping: Mapping): UnmapStep {
    return {
      place: { file: this.bench.file, line: event.line },
      timeNs: event.timeNs,
      cpu: event.cpu ?? 0,
      flags: event.flags,
      kind: 'unmap',
      ready: true,
      mapping,
      device: mapping.device,
      dir: directionNumber(call.dir),
      attrs: portedAttrs(call.attrs),
      dmaAddr: mapping.dmaAddr,
      size: 'size' in call ? call.size : mapping.size,
      recorded: [],
      decision: null,
      implied: false,
    };
  }

  /** The iommu:unmap of a call stands before it or, for a list, behind it. */
  private findUnmap(context: Context, step: UnmapStep, candidates: readonly Mapping[]): void {
    const { counts, contexts, live } = this.bench;
    for (const candidate of candidates) {
      const found = context.takeUnmap(rangeStart(candidate), rangeEnd(candidate));
      if (!found) continue;
      if (step.mapping && candidate !== step.mapping) {
        live.add(step.mapping);
        live.remove(candidate);
        step.mapping = candidate;
      }
      step.recorded = [found];
      claimUnmap(this.bench, found);
      return;
    }
    if (counts.iommuMaps + counts.iommuUnmaps === 0) return;
    const mapping = candidates[0];
    const elsewhere =
      mapping && step.mapping?.form !== 'sg' && isTranslated(mapping)
        ? (context.takeNewUnmap() ?? contexts.takeUnmapAnywhere(...rangeOf(mapping)))
        : null;
    if (elsewhere) {
      step.recorded = [elsewhere];
      claimUnmap(this.bench, elsewhere);
      return;
    }
    context.wait(step, candidates, step.mapping?.form === 'sg');
  }

  /** Each entry of a list takes a page at least. What a call has in use may be unmapped by a call whose line comes next. */
  private isOfStrayList(context: Context, { iova, size }: RecordedUnmap): boolean {
    const entries = context.strayEntries;
    context.strayEntries = 0;
    return entries > 0 && size >= entries * PAGE && !this.bench.reconstruction.isInUse(iova);
  }

  /** An unmap without a map has an iommu:unmap too; it is told from the others by its address where there is one. */
  private dropUnmapOf(
    context: Context,
    call: UnmapPage | UnmapSg | DmaFree,
  ): OpenIommuUnmap | null {
    if (!('dmaAddr' in call)) return null;
    const size = 'size' in call ? call.size : 0;
    const unmap = context.takeUnmap(pageFloor(call.dmaAddr), pageCeil(call.dmaAddr + size));
    if (unmap) claimUnmap(this.bench, unmap);
    return unmap;
  }
}

/**
 * Whether it was mapped after this call had unmapped its pages: then the call is that of a buffer from before the capture, whose
 * line is late.
 */
function isLater(mapping: Mapping, context: Context): boolean {
  if (context.unmaps.length === 0 || mapping.maps.length === 0) return false;
  return context.latestUnmap(rangeStart(mapping), rangeEnd(mapping)) < mapping.mappedNs;
}

/** Whether it can have an iommu:unmap at all. */
function isTranslated({ maps, dmaAddr, phys }: Mapping): boolean {
  return maps.length > 0 || dmaAddr !== phys;
}

function isWithin(iova: number, mapping: Mapping): boolean {
  return iova >= rangeStart(mapping) && iova < rangeEnd(mapping);
}
