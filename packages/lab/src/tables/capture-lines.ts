// SPDX-License-Identifier: GPL-2.0-only
// One sentence for each fault and each unmap that needs one.

import type { CaptureSection, DifferentUnmapRow, FaultRow, StrayUnmapRow } from '../compare';
import { oneLine } from '../errors';
import { count, hex, time } from '../show/format';
import { buffer, bytes, where } from './capture-words';

export function faultLine(fault: FaultRow, capture: CaptureSection): string {
  const head = `${where(fault.place, capture)}: ${oneLine(fault.device)} ${fault.write ? 'wrote to' : 'read'} ${hex(fault.iova)}`;
  return `${head}: ${owner(fault, capture)}${elsewhere(fault, capture)}`;
}

function owner(fault: FaultRow, capture: CaptureSection): string {
  const { buffer: its, range, state } = fault;
  if (!its && !range)
    return state === 'never'
      ? 'never mapped in this capture'
      : capture.faults.by_state.unknown === capture.faults.count
        ? 'whose buffer it is cannot be told: the capture shows no map before it'
        : 'whose buffer it was is unknown: the history that is kept is full';
  const what = its
    ? buffer(its, capture)
    : `a range of ${bytes(range?.size ?? 0)} of iommu:map events without a call (mapped at ${where(range?.mapped_at ?? null, capture)})`;
  const freed =
    fault.freed_at === null
      ? 'and mapped still, so this access is not allowed there'
      : `freed ${time(fault.freed_ago_ns ?? 0)} before (${where(fault.freed_at, capture)})`;
  return `${into(fault.offset ?? 0)} ${what}, ${freed}`;
}

function into(offset: number): string {
  return offset < 0 ? `${hex(-offset)} in front of` : `${hex(offset)} into`;
}

function elsewhere({ elsewhere: other }: FaultRow, capture: CaptureSection): string {
  if (!other) return '';
  return `. ${oneLine(other.device)} has ${buffer(other, capture)}, at this address; it is the same memory only if the two share a domain`;
}

export function differentUnmap(one: DifferentUnmapRow, capture: CaptureSection): string {
  const { map, unmap } = one;
  const said = one.what.map((what) => {
    switch (what) {
      case 'size':
        return `mapped with ${bytes(map.size ?? 0)}, unmapped with ${bytes(unmap.size ?? 0)}`;
      case 'direction':
        return `mapped ${map.direction ?? ''}, unmapped ${unmap.direction ?? ''}`;
      case 'call':
        return `mapped as ${map.form}, unmapped as ${unmap.form}`;
      case 'address':
        return `mapped at ${hex(map.dma_addr ?? 0)} with ${bytes(map.size ?? 0)}, unmapped at ${hex(unmap.dma_addr ?? 0)} with ${bytes(unmap.size ?? 0)}`;
      case 'entries':
        return `mapped with ${entries(map.entries)}, unmapped with ${entries(unmap.entries)}`;
    }
  });
  return `${where(one.place, capture)}: ${oneLine(one.device)}: ${said.join('; ')} (mapped at ${where(one.mapped_at, capture)})`;
}

function entries(n: number | null): string {
  return n === 1 ? '1 entry' : `${count(n ?? 0)} entries`;
}

export function secondUnmap(one: StrayUnmapRow, capture: CaptureSection): string {
  return (
    `${strayUnmap(one, capture)}: unmapped before at ${where(one.unmapped_at, capture)}, ` +
    `${time(one.unmapped_ago_ns ?? 0)} earlier, and not mapped since`
  );
}

export function strayUnmap(one: StrayUnmapRow, capture: CaptureSection): string {
  const address = one.dma_addr === null ? '' : ` at ${hex(one.dma_addr)}`;
  const size = one.size === null ? '' : `, ${bytes(one.size)}`;
  const list = one.entries === null ? '' : `, ${entries(one.entries)}`;
  const other = one.held_by === null ? '' : ` (${oneLine(one.held_by)} has one mapped there)`;
  return `${where(one.place, capture)}: ${oneLine(one.device)}, ${one.form}${address}${size}${list}${other}`;
}

export function straySync(
  one: CaptureSection['syncs_without_map']['first'][number],
  capture: CaptureSection,
): string {
  const after =
    one.unmapped_at === null
      ? ''
      : `, ${time(one.unmapped_ago_ns ?? 0)} after its unmap at ${where(one.unmapped_at, capture)}`;
  return `${where(one.place, capture)}: ${oneLine(one.device)} at ${hex(one.dma_addr)}${after}`;
}
