// SPDX-License-Identifier: GPL-2.0-only
// From what a capture lacks to its part of the JSON document.

import { type LossAccount, type TraceCounters, showPlace } from '@iommu-bounce/dma-trace';
import type { KernelLogSection, LossSection, ReconstructedSection } from './loss-document';
import type { TraceFile } from './read-files';
import type { CaptureReading } from './session';
import { sum } from '../show/sum';

/** Lines that are shown of those that were not understood. */
const FIRST = 3;
const MOST_PROGRAMS = 8;

/** What is known at the end of a reading. */
export interface LossReading {
  readonly files: readonly Pick<TraceFile, 'file' | 'byContent'>[];
  /** Of each file. */
  readonly counters: readonly TraceCounters[];
  /** Of the machine, by the headers; null: they do not say. */
  readonly cpus: number | null;
  readonly losses: LossAccount;
}

export function lossSection({ losses, files, counters, cpus }: LossReading): LossSection {
  const { truncated, stepsBack, lostByCpu, cpus: seen } = losses;
  const placed = counters.flatMap(({ unparsedLines }, i) =>
    unparsedLines.map(({ line, text }) => ({
      place: showPlace({ file: files[i]?.file ?? '', line }),
      text,
    })),
  );
  return {
    lines_not_understood: {
      count: sum(counters, (one) => one.unparsed),
      first: placed.slice(0, FIRST),
    },
    overwritten: sum(counters, (one) => one.dropped),
    lost_by_cpu: lostByCpu.map((one) => ({ ...one })),
    truncated_lists: { count: truncated.count, first: truncated.first.map(showPlace) },
    lists_without_entries: sum(counters, (one) => one.bareLists),
    clock_steps_back: {
      count: stepsBack.count,
      largest_ns: stepsBack.largestNs,
      first: stepsBack.first.map(showPlace),
    },
    repeated_lines: {
      count: sum(counters, (one) => one.repeated),
      first: counters
        .flatMap(({ repeatedLines }, i) =>
          repeatedLines.map((line) => showPlace({ file: files[i]?.file ?? '', line })),
        )
        .slice(0, FIRST),
    },
    clock_tick_ns: Math.max(0, ...counters.map(({ tickNs }) => tickNs)),
    lines_decoded: sum(counters, (one) => one.decoded),
    other_programs: {
      lines: sum(counters, (one) => one.programLines),
      names: [...new Set(counters.flatMap(({ programs }) => programs))].slice(0, MOST_PROGRAMS),
    },
    out_of_order: sum(counters, (one) => one.late),
    cpus,
    // Of all CPUs of the header: a file of one CPU names them all, too.
    cpus_without_line:
      cpus === null
        ? []
        : Array.from({ length: cpus }, (_, cpu) => cpu).filter((cpu) => !seen.has(cpu)),
    files_joined_by_content: files.some(({ byContent }) => byContent === true),
    cut_files: files.filter((_, i) => counters[i]?.unterminated).map(({ file }) => file),
  };
}

export function reconstructedSection({ reconstructed }: CaptureReading): ReconstructedSection {
  const { requests, pieces, bytes, byDeviceSign: by } = reconstructed;
  return {
    requests,
    iommu_maps: pieces,
    bytes,
    device_by_task: by.task,
    device_by_facts: by.only,
    device_unknown: by.domain,
    unmaps_without_map: reconstructed.unmapsWithoutMap,
    too_large: reconstructed.tooLarge,
    largest_left_out: reconstructed.largestLeftOut && {
      bytes: reconstructed.largestLeftOut.bytes,
      place: showPlace(reconstructed.largestLeftOut.place),
    },
    maps_not_unmapped: reconstructed.stillMapped,
    late: reconstructed.late,
  };
}

export function kernelLogSection({ account }: CaptureReading): KernelLogSection {
  const { byTopic, suppressed, first, count } = account.log;
  return {
    lines: count,
    faults: byTopic.fault,
    swiotlb_full: byTopic.swiotlbFull,
    faults_suppressed: suppressed.fault,
    swiotlb_full_suppressed: suppressed.swiotlbFull,
    dma_api_debug: byTopic.dmaDebug,
    first: first.map(({ place, topic, timeNs, device, address, write, swiotlb, text }) => ({
      place: showPlace(place),
      topic,
      time_ns: timeNs,
      device,
      address,
      write,
      size: swiotlb?.size ?? null,
      slots: swiotlb?.total ?? null,
      slots_used: swiotlb?.used ?? null,
      text,
    })),
  };
}
