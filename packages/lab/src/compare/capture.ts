// SPDX-License-Identifier: GPL-2.0-only
// From the account of a capture's lines to its part of the JSON document.

import {
  type Before,
  DIRECTIONS,
  type DifferentUnmap,
  type EventFigures,
  type Fault,
  type Groups,
  type MappedBuffer,
  type Place,
  type StrayUnmap,
  type TraceFacts,
  type UnmapSide,
  showPlace,
} from '@iommu-bounce/dma-trace';
import type {
  BufferRow,
  CaptureDevice,
  CaptureSection,
  DifferentUnmapRow,
  FaultRow,
  IommuEventSection,
  StrayUnmapRow,
  UnmapSideRow,
} from './capture-document';
import { kernelLogSection, lossSection, reconstructedSection } from './losses';
import type { CaptureReading } from './session';
import { sum } from '../show/sum';

/** Kinds listed of what is counted by kind. */
const MOST_KINDS = 100;

export function captureSection(session: CaptureReading): CaptureSection {
  const { account, files, counters } = session;
  const { iommu, unmaps, faults } = account;
  return {
    files: files.map(({ file }) => file),
    events_lost: sum(counters, (one) => one.dropped + one.lost),
    iommu_map: eventSection(iommu.maps),
    iommu_unmap: { ...eventSection(iommu.unmaps), short: iommu.shortUnmaps },
    devices: deviceRows(session),
    faults: {
      count: faults.count,
      by_state: { ...faults.byState },
      first: faults.first.map(faultRow),
    },
    different_unmaps: {
      count: unmaps.different,
      in: { ...unmaps.differentIn },
      first: unmaps.firstDifferent.map(differentRow),
    },
    second_unmaps: { count: unmaps.second, first: unmaps.firstSecond.map(strayRow) },
    unmaps_without_map: {
      count: unmaps.notMapped,
      first: unmaps.firstNotMapped.map(strayRow),
    },
    never_unmapped: kinds(account.neverUnmapped, ({ device, form, dir, size }) => ({
      device,
      form,
      direction: DIRECTIONS[dir],
      size,
    })),
    syncs_without_map: {
      count: account.straySyncs.count,
      after_unmap: account.straySyncs.afterUnmap,
      first: account.straySyncs.first.map(({ place, device, dmaAddr, before }) => ({
        place: showPlace(place),
        device,
        dma_addr: dmaAddr,
        ...beforeFields(before),
      })),
    },
    swiotlb_bounces: kinds(account.bounces, (of) => ({ ...of })),
    other_events: account.otherEvents.sorted().map(({ of, count, first }) => ({
      name: of,
      count,
      first: first.map(showPlace).slice(0, 1).join(),
    })),
    losses: lossSection({ ...session, losses: account.losses }),
    reconstructed: reconstructedSection(session),
    kernel_log: kernelLogSection(session),
  };
}

function eventSection(figures: EventFigures): IommuEventSection {
  return {
    events: figures.events,
    bytes: figures.bytes,
    without_call: figures.withoutCall,
    without_call_bytes: figures.withoutCallBytes,
    first_without_call: figures.first.map(({ place, task, iova, size }) => ({
      place: showPlace(place),
      task,
      iova,
      size,
    })),
  };
}

/** A device in a group of type identity is not translated, whatever the capture shows. */
function isIdentity(device: string, facts: TraceFacts | null): boolean {
  return (facts?.groups ?? []).some(
    ({ type, devices }) => type === 'identity' && devices.includes(device),
  );
}

function deviceRows({ account: { devices }, files }: CaptureReading): CaptureDevice[] {
  const facts = files.find((one) => one.facts !== null)?.facts ?? null;
  const { hasEvents } = devices;
  return devices.all().map((one) => {
    const shown = one.translation(hasEvents);
    const { translated, sign } =
      shown.translated !== true && isIdentity(one.device, facts)
        ? { translated: false, sign: 'facts' as const }
        : shown;
    return {
      device: one.device,
      maps: one.maps,
      map_bytes: one.mapBytes,
      unmaps: one.unmaps,
      never_unmapped: one.neverUnmapped,
      failed_calls: one.failed,
      first_failed: placeOrNull(one.firstFailed),
      faults: one.faults,
      swiotlb_bounces: one.bounces,
      translated,
      told_by: sign,
      with_events: one.withEvents,
      at_physical_address: one.sameAddress,
      elsewhere_without_events: one.otherAddress,
    };
  });
}

function faultRow(fault: Fault): FaultRow {
  const { device, driver, iova, flags, write, state, offset, range } = fault;
  return {
    place: showPlace(fault.place),
    device,
    driver,
    iova,
    flags,
    write,
    state,
    offset,
    buffer: fault.buffer && bufferRow(fault.buffer),
    range: range && { iova: range.iova, size: range.size, mapped_at: placeOrNull(range.mapped) },
    freed_at: placeOrNull(fault.freed?.place ?? null),
    freed_ago_ns: fault.freed?.agoNs ?? null,
    elsewhere: fault.elsewhere && bufferRow(fault.elsewhere),
  };
}

function bufferRow(buffer: MappedBuffer): BufferRow {
  const { device, form, call, dir, dmaAddr, size, mapped } = buffer;
  const direction = DIRECTIONS[dir];
  return { device, form, call, direction, dma_addr: dmaAddr, size, mapped_at: placeOrNull(mapped) };
}

function sideRow({ form, dir, dmaAddr, size, entries }: UnmapSide): UnmapSideRow {
  return {
    form,
    direction: dir === null ? null : DIRECTIONS[dir],
    dma_addr: dmaAddr,
    size,
    entries,
  };
}

function differentRow(one: DifferentUnmap): DifferentUnmapRow {
  return {
    place: showPlace(one.place),
    device: one.device,
    what: [...one.what],
    mapped_at: placeOrNull(one.mappedAt),
    map: sideRow(one.map),
    unmap: sideRow(one.unmap),
  };
}

function strayRow(one: StrayUnmap): StrayUnmapRow {
  return {
    place: showPlace(one.place),
    device: one.device,
    ...sideRow(one),
    ...beforeFields(one.before),
    held_by: one.heldBy,
  };
}

function beforeFields(before: Before | null): {
  unmapped_at: string | null;
  unmapped_ago_ns: number | null;
} {
  return {
    unmapped_at: placeOrNull(before?.place ?? null),
    unmapped_ago_ns: before?.agoNs ?? null,
  };
}

function placeOrNull(place: Place | null): string | null {
  return place && showPlace(place);
}

function kinds<T, R extends object>(
  groups: Groups<T>,
  rowOf: (of: T) => R,
): {
  count: number;
  bytes: number;
  kinds: (R & { count: number; bytes: number; first: string[] })[];
  others: number;
} {
  const all = groups.sorted();
  const count = sum(all, (one) => one.count) + groups.others.count;
  const rows = all.slice(0, MOST_KINDS).map((one) => ({
    ...rowOf(one.of),
    count: one.count,
    bytes: one.bytes,
    first: one.first.map(showPlace),
  }));
  return {
    count,
    bytes: sum(all, (one) => one.bytes) + groups.others.bytes,
    kinds: rows,
    others: count - sum(rows, (one) => one.count),
  };
}
