// SPDX-License-Identifier: GPL-2.0-only
// Mappings that do not end, end late, or become more and more.

import type { TraceEvent } from '../events';
import type { UnmapCall } from '../calls/account/unmap-account';
import { unmapSide } from '../calls/account/unmap-account';
import type { Mapping } from '../calls/step';
import { LATEST_NS } from '../calls/late-unmaps';
import type { Check, Unended } from './check';
import type { LintContext } from './context';
import { Growth } from './growth';
import type { MappingState, Rule } from './rule';
import { type Stay, Stayers } from './stayers';
import { bytes, dirName, isStreaming, duration } from './words';

const needs = ['maps', 'unmaps'] as const;

const AT_RELEASE: Rule = {
  id: 'mapped-at-release',
  severity: 'error',
  summary:
    'A device leaves its domain or group, or gets another domain, while buffers of it are mapped.',
  dmaDebug: 'the driver has pending DMA allocations while it is released from the device',
  needs: ['maps', 'unmaps', 'groups'],
  pairing: true,
  cannotSee:
    'Buffers that were mapped before the capture began; drivers that leave without these events.',
  why: 'The addresses and the memory are lost, and the device may still write to it.',
  fix: 'Stop the device in remove() and unmap all that is mapped before you return.',
};
const LEAK: Rule = {
  id: 'leaked-mapping',
  severity: 'warning',
  summary: 'A mapping stays while many mappings like it come and go.',
  dmaDebug: 'only when the driver is removed: pending DMA allocations',
  needs,
  pairing: true,
  cannotSee:
    'A single buffer that the driver keeps on purpose looks the same; several that leak before the first transfer look like a ring.',
  why: 'Each leak keeps an address, and with the pool a bounce buffer, until the device is removed.',
  fix: 'Unmap on each way out, error paths and timeouts included.',
};
const GROWTH: Rule = {
  id: 'mapping-growth',
  severity: 'warning',
  summary:
    'A device has more and more buffers mapped, in each quarter of the time until the capture ends.',
  dmaDebug: 'only when its own memory runs out',
  needs,
  pairing: true,
  cannotSee: 'A cache that is still filling up looks the same; record for longer.',
  why: 'Addresses, page tables and bounce buffers run out in the end, and map calls fail.',
  fix: 'Compare the paths that map with those that unmap: still-mapped and leaked-mapping name lines.',
};
const AGAIN: Rule = {
  id: 'mapped-again',
  severity: 'warning',
  summary: 'An address is mapped again, but the capture shows no unmap in between.',
  dmaDebug: null,
  needs,
  pairing: true,
  cannotSee: 'Devices that are not translated: there one address may be mapped twice.',
  why: 'The allocator gives an address out again only after its unmap: the capture lacks a line, or the driver unmapped by a way around the DMA API.',
  fix: 'Record with larger buffers and all CPUs; if it stays, look at how the driver ends this mapping.',
};
const STILL: Rule = {
  id: 'still-mapped',
  severity: 'note',
  summary: 'Buffers are mapped when the capture ends.',
  dmaDebug: null,
  needs: ['maps'],
  pairing: true,
  cannotSee: 'Whether they are in flight, kept on purpose, or leaked.',
  why: 'A driver at work always has some; after the last transfer there should be none but rings.',
  fix: 'Record until the work is done, or until the driver is unloaded, to tell leaks from buffers in flight.',
};
const LONG: Rule = {
  id: 'held-long',
  severity: 'note',
  summary: 'A buffer of a transfer is mapped for 5 s or longer.',
  dmaDebug: null,
  needs,
  pairing: true,
  cannotSee: 'Buffers that were mapped before the capture began.',
  why: 'Receive rings do this; elsewhere the device can reach the memory for longer than it needs to, and the pool cannot give the slot to others.',
  fix: 'Unmap when the transfer is done, or map once and sync (page_pool) if the buffer is kept.',
};

/** Nanoseconds. */
const HELD_LONG = 5e9;
/** Kinds of mappings that are told apart. */
const MOST_KINDS = 4096;

interface Kind {
  readonly stayers: Stayers;
  readonly mapping: Pick<Mapping, 'device' | 'form' | 'dir' | 'size'>;
}

export class LeakCheck implements Check {
  readonly rules = [AT_RELEASE, LEAK, GROWTH, AGAIN, STILL, LONG];
  private readonly kinds = new Map<string, Kind>();
  /** Those of which it was told. */
  private readonly released = new WeakSet<Mapping>();
  private readonly growths = new Map<string, Growth>();

  mapped(mapping: Mapping, state: MappingState, context: LintContext): void {
    if (!isStreaming(mapping)) return;
    this.growth(mapping.device, mapping.dir).change(1, context.place, context.timeNs);
    state.stay = this.kind(mapping)?.stayers.begin() ?? null;
  }

  unmapped(mapping: Mapping, state: MappingState, _call: UnmapCall, context: LintContext): void {
    if (!isStreaming(mapping)) return;
    this.growth(mapping.device, mapping.dir).change(-1, context.place, context.timeNs);
    end(state.stay, true);
    held(mapping, state, context);
  }

  strayUnmap(call: UnmapCall, _live: unknown, context: LintContext): void {
    const { dir, form } = unmapSide(call);
    if (dir !== null && isStreaming({ form }))
      this.growth(call.device, dir).change(-1, context.place, context.timeNs);
  }

  replaced(mapping: Mapping, state: MappingState, context: LintContext): void {
    if (!isStreaming(mapping)) return;
    this.growth(mapping.device, mapping.dir).change(-1, context.place, context.timeNs);
    end(state.stay, false);
  }

  unmappedLate(_mapping: Mapping, state: MappingState): void {
    state.stay?.of.wentLate();
  }

  neverUnmapped(mapping: Mapping, unended: Unended, context: LintContext): void {
    const { place, timeNs } = unended;
    const mayBeLost = context.lostNs >= timeNs && context.lostNs <= timeNs + LATEST_NS;
    context.report(
      AGAIN,
      mapping.device,
      `mapped by ${mapping.call} and mapped again without an unmap`,
      { place, timeNs, doubt: unended.doubt ?? (mayBeLost ? 'events were lost after it' : null) },
    );
  }

  event(event: TraceEvent, context: LintContext): void {
    if (event.kind !== 'detach' && event.kind !== 'attach' && event.kind !== 'groupRemove') return;
    const did = event.kind === 'attach' ? 'got another domain' : 'left';
    for (const mapping of context.live.all()) {
      if (mapping.device !== event.device || this.released.has(mapping)) continue;
      this.released.add(mapping);
      context.report(
        AT_RELEASE,
        mapping.device,
        `still mapped when the device ${did} (${context.lineOf(context.place)})`,
        { place: mapping.place, doubt: context.doubtOf(context.stateOf(mapping).mappedNs) },
      );
    }
  }

  left(mapping: Mapping, state: MappingState, context: LintContext): void {
    const { device, form, call, dir, place } = mapping;
    const doubt = context.doubtOf(state.mappedNs);
    context.report(STILL, device, `${call} ${dirName(dir)}`, {
      place,
      doubt,
      kind: `${form} ${String(dir)}`,
    });
    if (!isStreaming(mapping)) return;
    held(mapping, state, context);
    if (state.stay) state.stay.left = { place, doubt };
  }

  finish(context: LintContext): void {
    for (const { stayers, mapping } of this.kinds.values())
      for (const { place, doubt, overtaken } of stayers.leaked()) {
        const { device, form, dir, size } = mapping;
        context.report(
          LEAK,
          device,
          `${bytes(size)} ${dirName(dir)}: ${String(overtaken)} mappings like it came and went since`,
          { place, doubt, weight: overtaken, kind: `${form} ${String(dir)}` },
        );
      }
    for (const [key, growth] of this.growths) {
      const grown = growth.finish(context.timeNs);
      if (!grown) continue;
      const [device = '', dir = '0'] = key.split('\n');
      context.findings.add(GROWTH, {
        device,
        kind: dir,
        place: grown.first,
        timeNs: grown.firstNs,
        doubt: context.doubtOf(grown.firstNs),
        message: `${dirName(Number(dir))}: at least ${grown.least.map(String).join(', ')} more than at the start, in the four quarters of the time`,
      });
    }
  }

  private kind({ device, form, dir, size }: Mapping): Kind | null {
    const key = `${device} ${form} ${String(dir)} ${String(size)}`;
    let kind = this.kinds.get(key);
    if (!kind) {
      if (this.kinds.size >= MOST_KINDS) return null;
      const mapping = { device, form, dir, size };
      this.kinds.set(key, (kind = { stayers: new Stayers(), mapping }));
    }
    return kind;
  }

  private growth(device: string, dir: number): Growth {
    const key = `${device}\n${String(dir)}`;
    let growth = this.growths.get(key);
    if (!growth) this.growths.set(key, (growth = new Growth()));
    return growth;
  }
}

function end(stay: Stay | null, unmapped: boolean): void {
  stay?.of.end(stay, unmapped);
}

function held(mapping: Mapping, state: MappingState, context: LintContext): void {
  const ns = context.timeNs - state.mappedNs;
  if (ns < HELD_LONG) return;
  const { device, dir, form, call, size, place } = mapping;
  context.report(
    LONG,
    device,
    `${call} ${dirName(dir)}, ${bytes(size)}: ${duration(ns)} at the longest`,
    { place, weight: ns, kind: `${form} ${String(dir)}`, doubt: context.doubtOf(state.mappedNs) },
  );
}
