// SPDX-License-Identifier: GPL-2.0-only
// What a capture lacks, what was put together from its IOMMU events, and the kernel log between its events: the document.

import type { whole_number } from '@iommu-bounce/linux-shim/options';

/** What a capture lacks. */
export interface LossSection {
  /** Lines that are no event, header or comment. */
  lines_not_understood: {
    /** Lines. */
    count: whole_number;
    /** The first three. */
    first: {
      /** `file:line`. */
      place: string;
      /** The line, escaped and cut. */
      text: string;
    }[];
  };
  /** Events that the tracer overwrote before the file was written, by the header: from before the capture. */
  overwritten: whole_number;
  /** Marks of events that were lost in the middle. */
  lost_by_cpu: {
    /** Null where the marks name none. */
    cpu: whole_number | null;
    /** Marks. */
    marks: whole_number;
    /** Events, of the marks that count them. */
    events: whole_number;
    /** Marks without a number. */
    unknown: whole_number;
  }[];
  /** Lists of which the tracer printed 128 entries only. */
  truncated_lists: {
    /** Lists. */
    count: whole_number;
    /** `file:line` of the first. */
    first: string[];
  };
  /** Calls of lists of which a bpftrace script printed no entry: they count as no calls. */
  lists_without_entries: whole_number;
  /** Events with an earlier time than the one above them on their CPU. */
  clock_steps_back: {
    /** Events. */
    count: whole_number;
    /** The largest step, in ns. */
    largest_ns: number;
    /** `file:line` of the first. */
    first: string[];
  };
  /** Lines of events that are in the file a second time, where the clock stepped back: fewer than four in a row. */
  repeated_lines: {
    /** Lines. */
    count: whole_number;
    /** `file:line` of the first. */
    first: string[];
  };
  /** Nanoseconds from one time of the trace clock to the next, where that is coarse; 0 where it is not. */
  clock_tick_ns: whole_number;
  /** Lines in which HTML entities (`&lt;`) were read as the characters that they stand for. */
  lines_decoded: whole_number;
  /** Lines of other programs in a journal: no part of the kernel log. */
  other_programs: {
    /** Lines. */
    lines: whole_number;
    /** The first eight. */
    names: string[];
  };
  /** Events too far behind those of other CPUs to be put into the order of time. */
  out_of_order: whole_number;
  /** CPUs of the machine, by the header; null if there is none. */
  cpus: whole_number | null;
  /** CPUs of the header of which the capture has no line. */
  cpus_without_line: whole_number[];
  /** Only their lines tell that several files are those of the CPUs of one recording: no header says so. */
  files_joined_by_content: boolean;
  /** Files whose last line has no end. */
  cut_files: string[];
}

/** Requests that are put together from iommu:map and iommu:unmap events without a call. */
export interface ReconstructedSection {
  /** Requests. */
  requests: whole_number;
  /** iommu:map events of these. */
  iommu_maps: whole_number;
  /** Bytes of these. */
  bytes: whole_number;
  /** Requests whose device is that of the other calls of their task. */
  device_by_task: whole_number;
  /** Requests whose device is the only one of the facts. */
  device_by_facts: whole_number;
  /** Requests whose device is not known. */
  device_unknown: whole_number;
  /** iommu:unmap events without a call that unmap what is not shown mapped, or not all of it. */
  unmaps_without_map: whole_number;
  /** Mappings of more than 64 MiB without a call that make no request: VFIO maps the memory of a guest so. */
  too_large: whole_number;
  /** The largest of these; null: there is none. */
  largest_left_out: {
    /** Its bytes. */
    bytes: whole_number;
    /** `file:line` of its first iommu:map event. */
    place: string;
  } | null;
  /** iommu:map events without a call that make no request: nothing unmaps them, or not all of each. */
  maps_not_unmapped: whole_number;
  /** Requests in force for so long that they are replayed as if they had begun where they ended. */
  late: whole_number;
}

/** Lines of the kernel log in the capture. */
export interface KernelLogSection {
  /** Lines, whatever they say. */
  lines: whole_number;
  /** Lines about accesses that an IOMMU refused. */
  faults: whole_number;
  /** Lines about a full swiotlb. */
  swiotlb_full: whole_number;
  /** Calls of the kernel's rate limit that printed no line about a fault; one call is not always one fault. */
  faults_suppressed: whole_number;
  /** Lines about a full swiotlb that the kernel's rate limit left out. */
  swiotlb_full_suppressed: whole_number;
  /** Lines of DMA-API debugging. */
  dma_api_debug: whole_number;
  /** Of these three, the first 20. */
  first: KernelLogRow[];
}

export interface KernelLogRow {
  /** `file:line`. */
  place: string;
  /** What it is about. */
  topic: string;
  /** Of the log's own clock, in ns; null if the line has none. */
  time_ns: number | null;
  /** The device that it names; null if it names none. */
  device: string | null;
  /** The address that it names; null if it names none. */
  address: number | null;
  /** Whether the access was a write; null if it does not say. */
  write: boolean | null;
  /** Of a full swiotlb: bytes asked for. */
  size: whole_number | null;
  /** Of a full swiotlb: slots in all. */
  slots: whole_number | null;
  /** Of a full swiotlb: slots in use. */
  slots_used: whole_number | null;
  /** The line, escaped. */
  text: string;
}
