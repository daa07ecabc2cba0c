// SPDX-License-Identifier: GPL-2.0-only
// Operations of a transcript as a driver would write them, and what came of them.

import type { Json, OpOutcome, TranscriptOp } from '@iommu-bounce/integration';
import { count, hex } from '../words';

type Fields = TranscriptOp['fields'];

const DIRECTIONS: Readonly<Record<string, string>> = {
  to_device: 'DMA_TO_DEVICE',
  from_device: 'DMA_FROM_DEVICE',
  bidirectional: 'DMA_BIDIRECTIONAL',
};
/** Entries of a list that are written out. */
const MOST_ENTRIES = 4;

const texts: Readonly<Record<string, (f: Fields) => string>> = {
  attach: (f) => `iommu_setup_dma_ops(${dev(f)})`,
  attach_device: (f) => `iommu_setup_dma_ops(${dev(f)}), a new device`,
  declare_device: (f) => `${dev(f)} joins the group`,
  pool_init: (f) => `io_buffer_pool_init(${dev(f)})`,
  set_dma_mask: (f) => `dma_set_mask(${dev(f)}, DMA_BIT_MASK(${show(f['bits'])}))`,
  buf: (f) =>
    `the driver has buf ${show(f['id'])}, ${counted(f['pages'], 'page')}${f['highmem'] === true ? ' of highmem' : ''}`,
  cpu_write: (f) => `the CPU writes ${show(f['len'])} bytes to buf ${show(f['buf'])}${at(f)}`,
  cpu_read: (f) => `the CPU reads ${show(f['len'])} bytes of buf ${show(f['buf'])}${at(f)}`,
  map_page: (f) =>
    `dma_map_page(${dev(f)}, buf ${show(f['buf'])}${at(f)}, ${show(f['len'])}, ${dir(f)}${attrs(f)})`,
  unmap_page: (f) => `dma_unmap_page(mapping ${show(f['id'])}${attrs(f)})`,
  map_sg: (f) => `dma_map_sg(${dev(f)}, ${entries(f['sg'])}, ${dir(f)}${attrs(f)})`,
  unmap_sg: (f) => `dma_unmap_sg(mapping ${show(f['id'])}${attrs(f)})`,
  sync_single_for_cpu: (f) => `dma_sync_single_for_cpu(${part(f)}, ${dir(f)})`,
  sync_single_for_device: (f) => `dma_sync_single_for_device(${part(f)}, ${dir(f)})`,
  sync_sg_for_cpu: (f) => `dma_sync_sg_for_cpu(mapping ${show(f['map'])}, ${dir(f)})`,
  sync_sg_for_device: (f) => `dma_sync_sg_for_device(mapping ${show(f['map'])}, ${dir(f)})`,
  map_resource: (f) =>
    `dma_map_resource(${dev(f)}, ${address(f['phys'])}, ${show(f['len'])}, ${dir(f)}${attrs(f)})`,
  unmap_resource: (f) => `dma_unmap_resource(mapping ${show(f['id'])})`,
  alloc_coherent: (f) => `dma_alloc_attrs(${dev(f)}, ${show(f['len'])}, ${gfp(f)}${attrs(f)})`,
  free_coherent: (f) => `dma_free_attrs(mapping ${show(f['id'])})`,
  coherent_write: (f) => `the CPU writes to ${part(f)}`,
  coherent_read: (f) => `the CPU reads ${part(f)}`,
  alloc_noncontiguous: (f) =>
    `dma_alloc_noncontiguous(${dev(f)}, ${show(f['len'])}, ${dir(f)}${attrs(f)})`,
  free_noncontiguous: (f) => `dma_free_noncontiguous(mapping ${show(f['id'])})`,
  dev_write: (f) => `the device writes to ${part(f)}`,
  dev_read: (f) => `the device reads ${part(f)}`,
  dev_probe: (f) =>
    `${dev(f)} ${f['write'] === true ? 'writes' : 'reads'} ${counted(f['len'], 'byte')} at ${address(f['iova'])}`,
  advance_ms: (f) => `${show(f['ms'])} ms pass`,
  fail: (f) =>
    `the next ${show(f['count'])} of ${show(f['site'])} will fail${f['skip'] === undefined ? '' : `, after ${show(f['skip'])}`}`,
  pool_stats: () => 'a look at the pool',
  mappings: () => 'a look at the table',
  prepare_msi: (f) => `iommu_dma_prepare_msi(${dev(f)}, ${address(f['doorbell'])})`,
  get_merge_boundary: (f) => `dma_get_merge_boundary(${dev(f)})`,
  destroy: () => 'iommu_put_dma_cookie(domain)',
};

export function callText({ name, fields }: TranscriptOp): string {
  return texts[name]?.(fields) ?? name;
}

/** What the port did; '' if there is nothing to tell. */
export function resultText(outcome: OpOutcome): string {
  if ('died' in outcome) return `oops: ${outcome.died.message}`;
  const { ret, dma, crc32, pool, warn } = outcome.observed;
  const parts: string[] = [];
  if (outcome.op.name === 'map_sg') parts.push(counted(ret, 'segment'));
  else if (ret === 'error') parts.push('DMA_MAPPING_ERROR');
  else if (typeof ret === 'number')
    parts.push(RETURNS_CODE.has(outcome.op.name) ? show(ret) : address(ret));
  else if (ret !== undefined) parts.push(show(ret));
  if (Array.isArray(dma) && dma.length > 0)
    parts.push(`at ${address((dma as readonly (readonly Json[])[])[0]?.[0])}`);
  if (crc32 !== undefined) parts.push(`CRC-32 ${show(crc32)}`);
  if (pool !== undefined) parts.push(pool === true ? 'with a pool' : 'without a pool');
  if (warn !== undefined) parts.push(`${counted(warn, 'warning')} in the log`);
  return parts.join(', ');
}

/** Operations that return 0 or -errno, not an address. */
const RETURNS_CODE: ReadonlySet<string> = new Set(['pool_init', 'prepare_msi']);

function dev(f: Fields): string {
  return `dev ${show(f['dev'] ?? 0)}`;
}

/** ` + offset`, if there is one. */
function at(f: Fields): string {
  return f['off'] === 0 ? '' : ` + ${address(f['off'])}`;
}

function part(f: Fields): string {
  return `mapping ${show(f['map'])}${at(f)}, ${show(f['len'])} bytes`;
}

function dir(f: Fields): string {
  return DIRECTIONS[show(f['dir'])] ?? '';
}

function gfp(f: Fields): string {
  return f['gfp'] === 'atomic' ? 'GFP_ATOMIC' : 'GFP_KERNEL';
}

function attrs(f: Fields): string {
  const names = (f['attrs'] ?? []) as readonly string[];
  return names.map((name) => `, DMA_ATTR_${name.toUpperCase()}`).join('');
}

function entries(sg: Json | undefined): string {
  const list = (sg ?? []) as readonly (readonly number[])[];
  const shown = list
    .slice(0, MOST_ENTRIES)
    .map(
      ([buf, off, len]) =>
        `buf ${String(buf)}${off === 0 ? '' : ` + ${address(off)}`}: ${String(len)}`,
    );
  if (list.length > MOST_ENTRIES) shown.push(`${String(list.length - MOST_ENTRIES)} more`);
  return `[${shown.join(', ')}]`;
}

function counted(n: Json | undefined, what: string): string {
  return typeof n === 'number' ? count(n, what) : `${show(n)} ${what}s`;
}

function show(value: Json | undefined): string {
  return typeof value === 'string' || typeof value === 'number'
    ? String(value)
    : JSON.stringify(value ?? null);
}

function address(value: Json | undefined): string {
  return typeof value === 'number' ? hex(value) : show(value);
}
