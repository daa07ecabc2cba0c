// SPDX-License-Identifier: GPL-2.0-only
// What a capture lacks, and which of the figures below it that makes unknown.

import type { CaptureSection } from '../compare';
import { oneLine } from '../errors';
import { are, count, hex, plural, time } from '../show/format';
import { bytes, cutLines, list, where } from './capture-words';

/** Files that were taken for those of one recording without a header that says so. */
function joinedText(files: number): string {
  return `The ${plural(files, 'file')} are read as one recording: each has the lines of another CPU, at the same time. No header says so: if they are of several machines or boots, read them one by one.`;
}

/** Always there: a capture that lacks nothing says so. */
export function lossLines(capture: CaptureSection): readonly string[] {
  const hasCalls =
    capture.devices.length + capture.iommu_map.events + capture.iommu_unmap.events > 0;
  return reported(
    capture,
    [...ofLines(capture, capture.iommu_map.events > 0), ...pairs(capture), ...withoutCall(capture)],
    hasCalls ? '; every map has its unmap, every iommu:* event its call' : '',
  );
}

/** The same of a capture of which only the lines are known. */
export function lineLosses(capture: LossesOfFiles): readonly string[] {
  return reported(capture, ofLines(capture, false), '');
}

/** @param more what is whole beside the lines */
function reported(
  capture: LossesOfFiles,
  lines: readonly string[],
  more: string,
): readonly string[] {
  const others = [...otherPrograms(capture), ...decoded(capture)];
  if (lines.length > 0) return ['Losses, and what they make unknown:', ...lines, ...others];
  return [
    `Losses: none. Every line was understood; no event was lost, no list cut, no clock stepped back${more}.`,
    ...others,
  ];
}

function otherPrograms({ losses }: LossesOfFiles): string[] {
  const { lines, names } = losses.other_programs;
  if (lines === 0) return [];
  return [
    `${plural(lines, 'line')} of other programs (${names.map(oneLine).join(', ')}) in the journal: no part of the kernel log, and not read.`,
  ];
}

function decoded({ losses }: LossesOfFiles): string[] {
  const { lines_decoded: n } = losses;
  if (n === 0) return [];
  return [`${plural(n, 'line')} with HTML entities such as &lt; that were read as characters.`];
}

interface LossesOfFiles extends Pick<CaptureSection, 'losses'> {
  readonly files: readonly string[];
}

function ofLines(capture: LossesOfFiles, compares: boolean): string[] {
  return [
    ...notUnderstood(capture),
    ...repeated(capture),
    ...lost(capture, compares),
    ...truncated(capture),
    ...bareLists(capture),
    ...clock(capture),
    ...cpus(capture),
    ...(capture.losses.files_joined_by_content ? [joinedText(capture.files.length)] : []),
    ...capture.losses.cut_files.map(
      (file) => `The last line of ${oneLine(file)} has no end: what came after it is missing.`,
    ),
  ];
}

function notUnderstood({ losses }: LossesOfFiles): string[] {
  const { count: n, first } = losses.lines_not_understood;
  if (n === 0) return [];
  return [
    `${plural(n, 'line')} not understood: if these are calls, each figure below lacks them. First:`,
    ...first.map(({ place, text }) => `  ${oneLine(place)}: ${oneLine(text)}`),
  ];
}

function repeated(capture: LossesOfFiles): string[] {
  const { count: n, first } = capture.losses.repeated_lines;
  if (n === 0) return [];
  const places = first.map((one) => where(one, capture));
  return [
    `${plural(n, 'line')} ${are(n)} in the file a second time, where the clock steps back (${list(places, 3)}): each figure below counts ${n === 1 ? 'it' : 'them'} twice.`,
  ];
}

function lost({ losses }: LossesOfFiles, compares: boolean): string[] {
  const lines: string[] = [];
  if (losses.overwritten > 0)
    lines.push(
      `${plural(losses.overwritten, 'event')} overwritten before the file was written: the capture shows the end of the workload; what was mapped before is not known.`,
    );
  if (losses.lost_by_cpu.length === 0) return lines;
  const of = losses.lost_by_cpu.map(({ cpu, events, unknown }) => {
    const name = cpu === null ? 'a CPU that is not named' : `CPU ${count(cpu)}`;
    const times = unknown > 0 ? `${plural(unknown, 'time')} an unknown number` : '';
    return `${name}: ${[events > 0 ? count(events) : '', times].filter(Boolean).join(' and ')}`;
  });
  const compared = compares ? ', and differences from the recorded iommu:* events' : '';
  lines.push(
    `Events lost (${list(of, 8)}): numbers of maps, unmaps and bytes below are of what was left. ` +
      `Maps never unmapped, unmaps without a map, second unmaps${compared} may be gaps.`,
  );
  return lines;
}

function truncated(capture: LossesOfFiles): string[] {
  const { count: n, first } = capture.losses.truncated_lists;
  if (n === 0) return [];
  const places = first.map((one) => where(one, capture));
  return [
    `${plural(n, 'list')} cut by the tracer (${list(places, 3)}): how many pieces they have is not known, and they are not compared.`,
  ];
}

function bareLists(capture: LossesOfFiles): string[] {
  const n = capture.losses.lists_without_entries;
  if (n === 0) return [];
  return [
    `${plural(n, 'line')} of dma_map_sg and dma_unmap_sg without entries, as bpftrace prints them: they count as no calls.`,
  ];
}

function clock(capture: LossesOfFiles): string[] {
  const { clock_steps_back: steps, out_of_order: late, clock_tick_ns: tick } = capture.losses;
  const lines: string[] = [];
  if (tick > 0)
    lines.push(
      `The trace clock (uptime) has one time for each ${time(tick)}: windows, ages and evictions shorter than that are not known.`,
    );
  if (steps.count > 0)
    lines.push(
      `The clock stepped back ${plural(steps.count, 'time')}, by ${time(steps.largest_ns)} at most (${list(
        steps.first.map((one) => where(one, capture)),
        3,
      )}): times between events, and so evictions and ages, may be wrong there.`,
    );
  if (late > 0)
    lines.push(
      `${plural(late, 'event')} too far from their place in time to be sorted: unmaps may stand before their maps.`,
    );
  return lines;
}

function cpus({ losses }: LossesOfFiles): string[] {
  const { cpus: all, cpus_without_line: without } = losses;
  if (all === null || without.length === 0) return [];
  return [
    `No line of CPU ${list(
      without.map((cpu) => count(cpu)),
      8,
    )} of the ${count(all)} in the header: idle, or its file is missing. Maps there would be missing, too.`,
  ];
}

function pairs(capture: CaptureSection): string[] {
  const { unmaps_without_map: without, never_unmapped: never } = capture;
  const said: string[] = [];
  if (without.count > 0) said.push(`${plural(without.count, 'unmap')} without a map`);
  if (never.count > 0) said.push(`${plural(never.count, 'map')} never unmapped`);
  if (said.length === 0) return [];
  return [
    `${said.join(', ')}: how long these were mapped, and what was mapped at most at a time, is not known.`,
  ];
}

function withoutCall({ iommu_map: maps, iommu_unmap: unmaps }: CaptureSection): string[] {
  if (maps.without_call + unmaps.without_call === 0) return [];
  return [
    `${count(maps.without_call)} of ${plural(maps.events, 'iommu:map event')} and ${count(unmaps.without_call)} of ` +
      `${plural(unmaps.events, 'iommu:unmap event')} without a call: the direction of what they mapped, its bytes within a page ` +
      'and how long a driver used it are not known.',
  ];
}

/** What became of the events without a call. */
export function reconstructedLines(capture: CaptureSection): string[] {
  const { reconstructed: of } = capture;
  const { largest_left_out: largest } = of;
  if (of.requests + of.too_large + of.unmaps_without_map + of.maps_not_unmapped === 0) return [];
  const rest: string[] = [];
  if (of.maps_not_unmapped > 0)
    rest.push(`${plural(of.maps_not_unmapped, 'iommu:map event')} not wholly unmapped`);
  if (of.unmaps_without_map > 0)
    rest.push(`${plural(of.unmaps_without_map, 'iommu:unmap event')} of what is not shown mapped`);
  if (largest !== null)
    rest.push(
      `${plural(of.too_large, 'mapping')} of more than 64 MiB, as VFIO maps the memory of a guest (the largest ${bytes(largest.bytes)}, ${where(largest.place, capture)})`,
    );
  const made =
    of.requests === 0
      ? 'No request could be put together from events without a call'
      : `${plural(of.requests, 'request')} of ${bytes(of.bytes)} put together from ${plural(of.iommu_maps, 'iommu:map event')} without a call ` +
        `(device told by other calls of the task: ${count(of.device_by_task)}, by the facts: ${count(of.device_by_facts)}, unknown: ${count(of.device_unknown)}). ` +
        'Their direction is unknown: figures that depend on it (copies, CPU time) are an upper bound';
  return [`${made}.${rest.length > 0 ? ` Left out of all figures: ${rest.join(', ')}.` : ''}`];
}

/** Lines of the kernel log in the capture. */
export function logLines(capture: CaptureSection): string[] {
  const { lines, faults, swiotlb_full: full, dma_api_debug: debug, first } = capture.kernel_log;
  if (lines === 0) return [];
  const { faults_suppressed: noFaults, swiotlb_full_suppressed: noFull } = capture.kernel_log;
  const least = (n: number, left: number): string => `${left > 0 ? 'at least ' : ''}${count(n)}`;
  return [
    `Kernel log: ${plural(lines, 'line')}, ${least(faults, noFaults)} about faults, ${least(full, noFull)} about a full swiotlb, ${count(debug)} of DMA-API debugging.`,
    ...cutLines(
      first.map(({ place, device, address, text }) => {
        const who = [device === null ? '' : oneLine(device), address === null ? '' : hex(address)];
        const named = who.filter(Boolean).join(' at ');
        return `${where(place, capture)}${named === '' ? '' : ` (${named})`}: ${oneLine(text)}`;
      }),
      faults + full + debug,
    ),
  ];
}
