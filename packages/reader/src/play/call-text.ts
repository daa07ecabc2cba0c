// SPDX-License-Identifier: GPL-2.0-only
// Calls of a program as a driver would write them.

import type { PlayCall } from './calls';
import { count, hex } from '../words';
import type { MappingFrame } from './frame';

const DIRECTIONS = ['DMA_BIDIRECTIONAL', 'DMA_TO_DEVICE', 'DMA_FROM_DEVICE'] as const;
/** Entries of a list that are written out. */
const MOST_ENTRIES = 4;

/** Names of the calls that undo a mapping. */
const UNDO: Readonly<Record<MappingFrame['kind'], string>> = {
  page: 'dma_unmap_page',
  sg: 'dma_unmap_sg',
  resource: 'dma_unmap_resource',
  coherent: 'dma_free_coherent',
  pages: 'dma_free_pages',
  noncontiguous: 'dma_free_noncontiguous',
};

/** @param kind of the mapping that the call is about; undefined if there is none */
export function playCallText(call: PlayCall, kind?: MappingFrame['kind']): string {
  switch (call.call) {
    case 'plug':
      return `${call.device.name} is plugged in${call.device.untrusted === true ? ', untrusted' : ''}`;
    case 'cpu_write':
      return `the CPU writes "${call.text}"… to ${memory(call)}`;
    case 'cpu_read':
      return `the CPU reads ${memory(call)}`;
    case 'map_page':
      return `dma_map_page(${call.device}, ${memory(call)}, ${DIRECTIONS[call.dir]})`;
    case 'map_sg': {
      const shown = call.entries.slice(0, MOST_ENTRIES).map(memory);
      if (call.entries.length > MOST_ENTRIES)
        shown.push(`${String(call.entries.length - MOST_ENTRIES)} more`);
      return `dma_map_sg(${call.device}, [${shown.join('; ')}], ${DIRECTIONS[call.dir]})`;
    }
    case 'map_resource':
      return `dma_map_resource(${call.device}, ${hex(call.phys)}, ${String(call.length)}, ${DIRECTIONS[call.dir]})`;
    case 'alloc_coherent':
      return `dma_alloc_coherent(${call.device}, ${String(call.length)})`;
    case 'alloc_pages':
      return `dma_alloc_pages(${call.device}, ${String(call.length)}, ${DIRECTIONS[call.dir]})`;
    case 'alloc_noncontiguous':
      return `dma_alloc_noncontiguous(${call.device}, ${String(call.length)}, ${DIRECTIONS[call.dir]})`;
    case 'unmap':
      return `${UNDO[kind ?? 'page']}(mapping ${String(call.id)})`;
    case 'sync':
      return `dma_sync_for_${call.forCpu ? 'cpu' : 'device'}(mapping ${String(call.id)}${plus(call.offset)}, ${String(call.length)})`;
    case 'device_read':
      return `${call.device ?? 'the device'} reads ${count(call.length, 'byte')} at the address of mapping ${String(call.id)}${plus(call.offset)}`;
    case 'device_write':
      return `${call.device ?? 'the device'} writes "${call.text ?? ''}" to the address of mapping ${String(call.id)}${plus(call.offset)}`;
    case 'wait':
      return `${String(call.ms)} ms pass`;
  }
}

function memory({
  page,
  offset,
  length,
}: {
  readonly page: number;
  readonly offset: number;
  readonly length: number;
}): string {
  return `page ${String(page)}${plus(offset)}, ${String(length)} bytes`;
}

function plus(offset: number): string {
  return offset === 0 ? '' : ` + ${hex(offset)}`;
}
