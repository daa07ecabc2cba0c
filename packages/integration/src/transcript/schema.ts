// SPDX-License-Identifier: GPL-2.0-only
// Every operation of the transcript format: what it takes and what was observed. See docs/transcript-format.md.

import type { Shape } from './fields';

export interface OpSchema {
  readonly takes: Shape;
  readonly observed: Shape;
}

const effects: Shape = {
  iommu: 'iommu',
  'iotlb?': 'counts',
  'cache_ops?': 'cacheOps',
  'warn?': 'uint',
};
const rareEffects: Shape = {
  'iommu?': 'iommu',
  'iotlb?': 'counts',
  'cache_ops?': 'cacheOps',
  'warn?': 'uint',
};

const sync: OpSchema = {
  takes: { map: 'int', off: 'uint', len: 'uint', dir: 'dir' },
  observed: effects,
};
const syncSg: OpSchema = {
  takes: { map: 'int', dir: 'dir', 'list_copy?': 'bool' },
  observed: effects,
};
const release: OpSchema = { takes: { id: 'int' }, observed: effects };
const attached: Shape = { ret: 'okFail', pool: 'bool', flush_queue: 'bool', ...effects };

export const schemas: Readonly<Record<string, OpSchema>> = {
  attach: { takes: { 'dev?': 'uint' }, observed: attached },
  attach_device: { takes: { dev: 'uint', device: 'object' }, observed: attached },
  declare_device: { takes: { dev: 'uint', device: 'object' }, observed: rareEffects },
  pool_init: { takes: { 'dev?': 'uint' }, observed: { ret: 'int', pool: 'bool', ...rareEffects } },
  remove_device: { takes: { dev: 'uint' }, observed: rareEffects },
  lend_group: { takes: {}, observed: { ret: 'int', ...rareEffects } },
  return_group: { takes: {}, observed: rareEffects },
  set_dma_mask: { takes: { 'dev?': 'uint', bits: 'uint' }, observed: rareEffects },

  buf: { takes: { id: 'int', pages: 'uint', highmem: 'bool' }, observed: rareEffects },
  cpu_write: {
    takes: { buf: 'int', off: 'uint', len: 'uint', seed: 'uint' },
    observed: rareEffects,
  },
  cpu_read: {
    takes: { buf: 'int', off: 'uint', len: 'uint' },
    observed: { crc32: 'crc32', ...rareEffects },
  },

  map_page: {
    takes: {
      id: 'int',
      'dev?': 'uint',
      buf: 'int',
      off: 'uint',
      len: 'uint',
      dir: 'dir',
      attrs: 'attrs',
      'base_page?': 'uint',
    },
    observed: { ret: 'address', ...effects },
  },
  unmap_page: { takes: { id: 'int', 'attrs?': 'attrs' }, observed: effects },
  map_sg: {
    takes: { id: 'int', 'dev?': 'uint', sg: 'sg', dir: 'dir', attrs: 'attrs', 'reuse?': 'int' },
    observed: { ret: 'uint', dma: 'segments', ...effects },
  },
  unmap_sg: { takes: { id: 'int', 'attrs?': 'attrs', 'list_copy?': 'bool' }, observed: effects },
  sync_single_for_cpu: sync,
  sync_single_for_device: sync,
  sync_sg_for_cpu: syncSg,
  sync_sg_for_device: syncSg,
  map_resource: {
    takes: { id: 'int', 'dev?': 'uint', phys: 'uint', len: 'uint', dir: 'dir', 'attrs?': 'attrs' },
    observed: { ret: 'address', ...effects },
  },
  unmap_resource: release,

  alloc_coherent: {
    takes: { id: 'int', 'dev?': 'uint', len: 'uint', gfp: 'gfp', attrs: 'attrs' },
    observed: { ret: 'address', ...effects },
  },
  free_coherent: release,
  coherent_write: {
    takes: { map: 'int', off: 'uint', len: 'uint', seed: 'uint' },
    observed: rareEffects,
  },
  coherent_read: {
    takes: { map: 'int', off: 'uint', len: 'uint' },
    observed: { crc32: 'crc32', ...rareEffects },
  },
  alloc_noncontiguous: {
    takes: { id: 'int', 'dev?': 'uint', len: 'uint', dir: 'dir', attrs: 'attrs' },
    observed: { ret: 'address', 'dma_len?': 'uint', ...effects },
  },
  free_noncontiguous: release,

  dev_write: {
    takes: { map: 'int', off: 'uint', len: 'uint', seed: 'uint' },
    observed: { ret: 'okFault', ...rareEffects },
  },
  dev_read: {
    takes: { map: 'int', off: 'uint', len: 'uint' },
    observed: { ret: 'okFault', 'crc32?': 'crc32', ...rareEffects },
  },
  dev_probe: {
    takes: { 'dev?': 'uint', iova: 'uint', write: 'bool', len: 'uint' },
    observed: { ret: 'okFault', 'crc32?': 'crc32', ...rareEffects },
  },

  advance_ms: { takes: { ms: 'uint' }, observed: effects },
  fail: { takes: { site: 'site', count: 'uint', 'skip?': 'uint' }, observed: rareEffects },

  pool_stats: {
    takes: {},
    observed: {
      classes: 'classes',
      evict_in_ms: 'uintOrNull',
      pages_held: 'uint',
      mapped_pages: 'uint',
      'pinned_pages?': 'uint',
      'iovas_in_use?': 'uint',
      'allocations?': 'uint',
      ...rareEffects,
    },
  },
  mappings: { takes: {}, observed: { ranges: 'ranges', ...rareEffects } },
  prepare_msi: {
    takes: { 'dev?': 'uint', doorbell: 'uint' },
    observed: { ret: 'int', 'message_address?': 'uint', ...effects },
  },
  get_merge_boundary: { takes: { 'dev?': 'uint' }, observed: { ret: 'uint', ...rareEffects } },
  destroy: {
    takes: {},
    observed: {
      leaked_pages: 'uint',
      mapped_pages: 'uint',
      'leaked_allocs?': 'uint',
      'allocations?': 'uint',
      ...effects,
    },
  },
};

/** Operations that only version 2 has. */
export const VERSION_2_OPS: ReadonlySet<string> = new Set([
  'remove_device',
  'lend_group',
  'return_group',
]);

export const deviceShape: Shape = {
  dma_mask_bits: 'uint',
  coherent_dma_mask_bits: 'uint',
  bus_dma_limit: 'uint',
  coherent: 'bool',
  max_seg_size: 'uint',
  seg_boundary_mask: 'uint',
  min_align_mask: 'uint',
  node: 'int',
  pci: 'bool',
  untrusted: 'bool',
  deferred_attach: 'bool',
};
