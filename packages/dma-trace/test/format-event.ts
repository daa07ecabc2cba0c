// SPDX-License-Identifier: GPL-2.0-only
// The tracers' side for the tests: an event printed the way ftrace, `trace-cmd report` and `perf script` print it.
import { ALL_ONES, DIRECTIONS, DMA_ATTRS, type TraceEvent } from '../src';

/** The kinds that the tests print: the frequent ones and one of each shape. */
const PRINTED = [
  'iommuMap',
  'iommuUnmap',
  'mapPage',
  'unmapPage',
  'mapSg',
  'unmapSg',
  'obsMapPage',
  'obsUnmapPage',
  'obsMapSg',
  'obsPoolTake',
  'obsPoolMap',
  'obsPoolUnmap',
] as const;
export type Printable = Extract<TraceEvent, { kind: (typeof PRINTED)[number] }>;

export function isPrintable(event: TraceEvent): event is Printable {
  return PRINTED.some((kind) => kind === event.kind);
}

export type Layout = 'ftrace' | 'ftrace-tgid' | 'trace-cmd' | 'perf';

/** `newer` chooses between the two layouts that some events have had. */
export function formatEvent(event: Printable, layout: Layout, newer: boolean): string {
  const [system, name, text] = body(event, newer);
  const seconds = Math.floor(event.timeNs / 1e9);
  const fraction = event.timeNs % 1e9;
  const short = fraction % 1000 === 0;
  const digits = short
    ? String(fraction / 1000).padStart(6, '0')
    : String(fraction).padStart(9, '0');
  const time = `${String(seconds).padStart(5)}.${digits}`;
  const cpu = `[${String(event.cpu).padStart(3, '0')}]`;
  const pid = String(event.pid);
  switch (layout) {
    case 'ftrace':
      return `${event.comm.padStart(16)}-${pid.padEnd(7)} ${cpu} ${event.flags} ${time}: ${name}: ${text}`;
    case 'ftrace-tgid':
      return `${event.comm.padStart(16)}-${pid.padEnd(7)} (${pid.padStart(7)}) ${cpu} ${event.flags} ${time}: ${name}: ${text}`;
    case 'trace-cmd':
      if (system === 'ftrace')
        return `${event.comm.padStart(20)}-${pid.padEnd(5)} ${cpu} ${event.flags} ${time}: bprint:               ${name}: ${text}`;
      return `${event.comm.padStart(20)}-${pid.padEnd(5)} ${cpu} ${event.flags} ${time}: ${`${name}:`.padEnd(20)} ${text}`;
    case 'perf':
      if (system === 'ftrace')
        return `${event.comm.padStart(16)} ${pid.padStart(5)} ${cpu} ${time}: ftrace:print: ${name}: ${text}`;
      return `${event.comm.padStart(16)} ${pid.padStart(5)} ${cpu} ${time}: ${`${system}:${name}`.padStart(22)}: ${text}`;
  }
}

const hex = (value: number): string =>
  value === ALL_ONES ? 'ffffffffffffffff' : value.toString(16);
const wide = (value: number): string => `0x${hex(value).padStart(16, '0')}`;
const list = (values: number[]): string => `{${values.map((one) => `0x${hex(one)}`).join(',')}}`;
const attrs = (bits: number): string =>
  [...DMA_ATTRS].flatMap(([name, bit]) => ((bits & bit) === 0 ? [] : [name])).join('|');
const dirNumber = (dir: (typeof DIRECTIONS)[number]): string => String(DIRECTIONS.indexOf(dir));

/** System, event name (or the function that printed) and text. */
function body(event: Printable, newer: boolean): [string, string, string] {
  const n = String;
  switch (event.kind) {
    case 'iommuMap': {
      const range = newer ? ` - ${wide(event.iova + event.size)}` : '';
      return [
        'iommu',
        'map',
        `IOMMU: iova=${wide(event.iova)}${range} paddr=${wide(event.paddr)} size=${n(event.size)}`,
      ];
    }
    case 'iommuUnmap': {
      const range = newer ? ` - ${wide(event.iova + event.size)}` : '';
      return [
        'iommu',
        'unmap',
        `IOMMU: iova=${wide(event.iova)}${range} size=${n(event.size)} unmapped_size=${n(event.unmapped)}`,
      ];
    }
    case 'mapPage':
      return [
        'dma',
        `dma_map_${event.call}`,
        `${event.device} dir=${event.dir} dma_addr=${hex(event.dmaAddr)} size=${n(event.size)} phys_addr=${hex(event.phys)} attrs=${attrs(event.attrs)}`,
      ];
    case 'unmapPage':
      return [
        'dma',
        `dma_unmap_${event.call}`,
        `${event.device} dir=${event.dir} dma_addr=${hex(event.dmaAddr)} size=${n(event.size)} attrs=${attrs(event.attrs)}`,
      ];
    case 'mapSg': {
      const counts = newer
        ? ` nents=${n(event.physAddrs.length)}/${n(event.nents)} ents=${n(event.dmaAddrs.length)}/${n(event.ents)}${event.truncated ? ' [TRUNCATED]' : ''}`
        : '';
      return [
        'dma',
        'dma_map_sg',
        `${event.device} dir=${event.dir}${counts} dma_addrs=${list(event.dmaAddrs)} sizes=${list(event.sizes)} phys_addrs=${list(event.physAddrs)} attrs=${attrs(event.attrs)}`,
      ];
    }
    case 'unmapSg':
      return [
        'dma',
        'dma_unmap_sg',
        `${event.device} dir=${event.dir} phys_addrs=${list(event.physAddrs)} attrs=${attrs(event.attrs)}`,
      ];
    case 'obsMapPage':
      return [
        'ftrace',
        'iommu_dma_map_page',
        `obs_map_page dev=${event.device} dir=${dirNumber(event.dir)} phys=${hex(event.phys)} size=${n(event.size)} attrs=${hex(event.attrs)} dma=${hex(event.dmaAddr)}`,
      ];
    case 'obsUnmapPage':
      return [
        'ftrace',
        'iommu_dma_unmap_page',
        `obs_unmap_page dev=${event.device} dir=${dirNumber(event.dir)} dma=${hex(event.dmaAddr)} size=${n(event.size)} attrs=${hex(event.attrs)}`,
      ];
    case 'obsMapSg':
      return [
        'ftrace',
        'iommu_dma_map_sg',
        `obs_map_sg dev=${event.device} dir=${dirNumber(event.dir)} sgl=${event.sgl} nents=${n(event.nents)} total=${n(event.total)} attrs=${hex(event.attrs)} ret=${n(event.ret)} dma=${hex(event.dmaAddr)} dmalen=${n(event.dmaLength)}`,
      ];
    case 'obsPoolMap':
      return [
        'ftrace',
        'io_buffer_pool_map_buffer',
        `obs_pool_map class=${n(event.classIndex)}(${n(event.classSize)}) slot=${n(event.slot)} size=${n(event.size)} prot=${n(event.prot)} iova=${hex(event.iova)}`,
      ];
    case 'obsPoolTake':
      return [
        'ftrace',
        'io_buffer_pool_map_buffer',
        `obs_pool_take from=${event.from} class_size=${n(event.classSize)} slot=${n(event.slot)} prot=${n(event.prot)}`,
      ];
    case 'obsPoolUnmap':
      return [
        'ftrace',
        'io_buffer_pool_unmap_buffer',
        `obs_pool_unmap class_size=${n(event.classSize)} slot=${n(event.slot)} prot=${n(event.prot)} dma=${hex(event.dmaAddr)}`,
      ];
  }
}
