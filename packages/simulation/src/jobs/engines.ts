// SPDX-License-Identifier: GPL-2.0-only
// fio's I/O engines: which of them map the job's own pages for a disk, how many I/Os each keeps out, and why others do not.

/** With direct=1 these map the same pages. A synchronous one has one I/O out, whatever iodepth says, as fio caps it. */
const SIMULATED: ReadonlyMap<string, 'async' | 'sync'> = new Map([
  ['libaio', 'async'],
  ['io_uring', 'async'],
  ['psync', 'sync'],
  ['sync', 'sync'],
  ['pvsync', 'sync'],
  ['pvsync2', 'sync'],
]);

export const ENGINE_NAMES: readonly string[] = [...SIMULATED.keys()];

const REASONS: readonly (readonly [reason: string, engines: string])[] = [
  ['gathers adjacent blocks into one call, which is not simulated', 'vsync'],
  ['does its I/O in threads of the C library, which are not simulated', 'posixaio'],
  ['maps the page cache, not buffers of the job', 'mmap splice'],
  ['moves no data to or from a disk', 'null cpuio filecreate filestat filedelete ftruncate falloc'],
  ['moves no data to or from a disk', 'exec e4defrag cpp_null dircreate dirstat dirdelete'],
  ['sends commands past the block layer', 'sg io_uring_cmd xnvme libzbc libiscsi'],
  [
    'is for a network, not for a disk',
    'net netsplice rdma http nbd nfs rbd rados gfapi gfapi_async',
  ],
  ['is for a network, not for a disk', 'libhdfs dfs ime_psync ime_psyncv ime_aio'],
  ['is for a network, not for a disk', 'librpma_apm_client librpma_apm_server'],
  ['is for a network, not for a disk', 'librpma_gpspm_client librpma_gpspm_server'],
  ['is for persistent memory or flash without DMA mappings', 'pmemblk dev-dax libpmem mtd'],
  ["copies to a GPU's memory", 'libcufile'],
  ['is for another operating system', 'solarisaio windowsaio'],
];

/** Whether an engine has one I/O out at a time; null: it is not simulated. */
export function isSynchronous(engine: string): boolean | null {
  const kind = SIMULATED.get(engine);
  return kind === undefined ? null : kind === 'sync';
}

/** Why an engine is not simulated, as the middle of a sentence. */
export function whyNot(engine: string): string {
  const found = REASONS.find(([, names]) => names.split(' ').includes(engine));
  return found?.[0] ?? 'is not one that is simulated';
}
