// SPDX-License-Identifier: GPL-2.0-only
// The JSON document of a replay: what --json prints, and what tables and report show.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import type { IommuDriver } from '@iommu-bounce/integration';
import type { DeviceCounts, LaneCounts } from '../drive/lane-figures';
import type { HzSource } from '../drive/recorded-clock';
import type { MappingRow } from '../drive/recorded-figures';
import type { AgreementFigures, Difference } from './agreement';
import type { CaptureSection } from './capture-document';
import type { PoolAgreementFigures } from './pool-agreement';
import type { PolicySection } from './policy-sections';
import type { RecordedOn } from './recorded-on';
import type { SeriesState } from './series-state';
import type { VerdictSection } from './verdict';

export interface TraceSection {
  /** Events that were read. */
  events: whole_number;
  /** Lines of a known event whose text does not fit it. */
  unparsed: whole_number;
  /** Events overwritten or lost in the tracer. */
  dropped: whole_number;
  /** Unmaps whose map was not recorded: skipped, unless the pool's lines say which slot they hold. */
  unpaired_unmaps: whole_number;
  /** Mappings whose unmap was not recorded. */
  never_unmapped: whole_number;
  /** Lines of the files. */
  lines: whole_number;
  /** Calls of the DMA API that map. */
  map_calls: whole_number;
  /** Calls that unmap. */
  unmap_calls: whole_number;
  /** Calls that sync. */
  sync_calls: whole_number;
  /** Maps that failed when they were recorded. */
  failed_calls: whole_number;
  /** Syncs whose map was not recorded. */
  unpaired_syncs: whole_number;
  /** Frees of no memory. */
  empty_frees: whole_number;
  /** Lines that a kernel with the series printed about its pool. */
  pool_lines: whole_number;
}

export interface RecordedSection {
  /** iommu:map events. */
  iommu_maps: whole_number;
  /** iommu:unmap events. */
  iommu_unmaps: whole_number;
  /** Of the maps, events that belong to no recorded call: coherent memory, interrupts, evictions. */
  iommu_maps_without_call: whole_number;
  /** The same of the unmaps. */
  iommu_unmaps_without_call: whole_number;
  /** By device, kind of call, direction and size. */
  mappings: MappingRow[];
}

export interface AgreementSection extends AgreementFigures {
  /** Mappings that differ, of recordings that lost events: an event of another mapping may stand there. No part of the exit status. */
  mappings_differing_with_losses: whole_number;
  /** The states that were compared with the recorded events. */
  states: SeriesState[];
  /** The first ones. */
  differences: Difference[];
}

/** What due times were reckoned with: the timer wheel of a recorded machine. */
export interface TimerWheelRow {
  /** Ticks per second of the recorded kernel. */
  hz: whole_number;
  /** The facts, the runs (no other usual HZ fits them), or an assumption. */
  hz_from: HzSource;
  /** Microseconds that a bucket of the eviction timer is wide. */
  bucket_us: number;
  /** Runs that the phase was found from: 0, and it is unknown. */
  runs: whole_number;
  /** Microseconds: where a bucket begins, modulo its width, on the trace's clock; null without runs. */
  phase_us: number | null;
  /** Microseconds after that in which all runs began; null without runs. */
  spread_us: number | null;
}

export interface PoolSection extends PoolAgreementFigures {
  /** One for each machine. */
  timer_wheels: TimerWheelRow[];
  /** The first ones. */
  differences: Difference[];
  /** Classes that were in use before the recording: their state was set up from what the recording shows. */
  in_use_before: {
    /** The device's name. */
    device: string;
    /** Bytes of a buffer. */
    class_size: whole_number;
    /** Slots that held a mapping. */
    slots_in_use: whole_number;
    /** Slots that kept a buffer for the next one. */
    slots_cached: whole_number;
  }[];
}

export interface PoolClassRow {
  /** The device's name. */
  device: string;
  /** Bytes of a buffer. */
  size: whole_number;
  /** Buffers of the class. */
  slots: whole_number;
  /** Address of the first buffer, as the facts say. */
  recorded_iova_base: whole_number;
  /** Null if the port made no such class. */
  port_iova_base: whole_number | null;
  /** Both have the same address and as many slots. */
  matches: boolean;
}

export interface StateSection extends LaneCounts {
  /** Patches of the series that are applied. */
  patches: SeriesState;
  /** The same counts of each device. */
  devices: DeviceCounts[];
  /** WARN() and the like that the ported kernel hit. */
  kernel_warnings: whole_number;
  /** Times that it slept in atomic context. */
  sleeping_in_atomic: whole_number;
  /** Where the ported kernel died, or null. */
  oops: {
    /** The function. */
    place: string;
    /** What the kernel printed. */
    text: string;
  } | null;
}

export interface ReplayDocument {
  /** What the series would do for this mix of mappings; null if it was not asked for, or not both states were run. */
  verdict: VerdictSection | null;
  /** The verdict on each recording by itself; empty if all files are of one machine. */
  verdict_by_boot: {
    /** Its files. */
    files: string[];
    /** Null as `verdict` is. */
    verdict: VerdictSection | null;
  }[];
  /** Why the whole series has no pool; null if it has one, or was not run. */
  pool_off: string | null;
  /** One for each boot. */
  recorded_on: RecordedOn[];
  /** The IOMMU of the machines. */
  driver: IommuDriver;
  /** The captures, as they were named. */
  files: string[];
  /** Machines that the files are of. */
  boots: whole_number;
  /** Kernel command lines of the machines. */
  params: string[];
  /** What the files hold, and what of it cannot be replayed. */
  trace: TraceSection;
  /** What was recorded. */
  recorded: RecordedSection;
  /** What each capture shows beside the calls that are compared; one for each boot. */
  captures: CaptureSection[];
  /** What the port did at iommu:map and iommu:unmap, compared with what was recorded there. */
  agreement: AgreementSection;
  /** What the port's pool decided, compared with the recorded one; absent if no file has lines of a pool. */
  pool_agreement?: PoolSection;
  /** Where each class of the pool has its addresses: those of the facts and of the port. */
  pool_classes: PoolClassRow[];
  /** What the ported kernel did, in each state that was asked for. */
  states: StateSection[];
  /** The calls under each policy that was asked for, in virtual time. */
  policies: PolicySection[];
  /** What to know before the figures are believed, one line each. */
  notes: string[];
}
