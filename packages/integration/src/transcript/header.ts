// SPDX-License-Identifier: GPL-2.0-only
// The first line of a transcript: the environment to build, checked.

import {
  IOMMU_RESV_DIRECT,
  IOMMU_RESV_DIRECT_RELAXABLE,
  IOMMU_RESV_MSI,
  IOMMU_RESV_RESERVED,
  IOMMU_RESV_SW_MSI,
  type iommu_resv_type,
  type resv_region,
} from '@iommu-bounce/iommu-core';
import type { series_state } from '@iommu-bounce/dma-iommu';
import { IOMMU_DRIVERS, type IommuDriver } from '../boot-on';
import { TranscriptError } from './error';
import { type Json, type Shape, shapeProblem, show } from './fields';
import { deviceShape } from './schema';

export interface DeviceDescription {
  /** Its IOMMU group, which has a domain of its own; 0 in version 1. */
  readonly group: number;
  readonly dmaMaskBits: number;
  readonly coherentDmaMaskBits: number;
  readonly busDmaLimit: number;
  readonly coherent: boolean;
  readonly maxSegSize: number;
  readonly segBoundaryMask: number;
  readonly minAlignMask: number;
  readonly node: number;
  readonly pci: boolean;
  readonly untrusted: boolean;
  readonly deferredAttach: boolean;
  readonly resvRegions: readonly resv_region[];
}

export interface TranscriptHeader {
  readonly version: 1 | 2;
  /** 1 in version 1. */
  readonly nrCpus: number;
  readonly stage: series_state;
  readonly ioBuffer: boolean;
  readonly numSlots: number;
  readonly classSizes: number;
  readonly swiotlbSlabs: number;
  readonly forcedac: boolean;
  readonly bouncePagesInHighmem: boolean;
  readonly kdump: boolean;
  readonly apertureStart: number;
  readonly apertureEnd: number;
  readonly pgsizeBitmap: number;
  readonly strict: boolean;
  readonly hasFlushAll: boolean;
  /** The table where version 2 names none. */
  readonly driver: IommuDriver;
  readonly device: DeviceDescription;
  readonly poison: number;
}

/** Of version 2. */
const MAX_CPUS = 64;

const RESV_TYPES: Readonly<Record<string, iommu_resv_type>> = {
  direct: IOMMU_RESV_DIRECT,
  relaxable: IOMMU_RESV_DIRECT_RELAXABLE,
  reserved: IOMMU_RESV_RESERVED,
  msi: IOMMU_RESV_MSI,
  sw_msi: IOMMU_RESV_SW_MSI,
};

type Fields = Readonly<Record<string, Json>>;

const headerShape: Shape = {
  format: 'string',
  version: 'uint',
  stage: 'uint',
  config: 'object',
  params: 'object',
  domain: 'object',
  device: 'object',
  nr_cpus: 'uint',
  jiffies_hz: 'uint',
  page_size: 'uint',
  poison: 'byte',
};
const paramsShape: Shape = {
  num_slots: 'uint',
  class_sizes: 'byte',
  swiotlb_slabs: 'uint',
  forcedac: 'bool',
  'bounce_pages_in_highmem?': 'bool',
  'kdump?': 'bool',
};
const information = ['seed', 'comment', 'quirk'];

/** @throws TranscriptError at line 1 */
export function parseHeader(value: Json): TranscriptHeader {
  const fail = (reason: string): never => {
    throw new TranscriptError(1, `header: ${reason}`);
  };
  const section = (
    fields: Json,
    shape: Shape,
    tolerated: readonly string[],
    where: string,
  ): Fields => {
    const problem = shapeProblem(fields as Fields, shape, tolerated);
    if (problem !== null) fail(where === '' ? problem : `${where}: ${problem}`);
    return fields as Fields;
  };
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return fail(`is ${show(value)}, expected an object`);
  const fields = value as Fields;
  if (fields['format'] !== 'dma-transcript')
    fail(`format is ${show(fields['format'])}, expected "dma-transcript"`);
  const version = fields['version'];
  if (version !== 1 && version !== 2) return fail(`version is ${show(version)}, expected 1 or 2`);
  section(fields, headerShape, information, '');
  const config = section(
    fields['config'] ?? null,
    { IOMMU_IO_BUFFER: 'bool', SWIOTLB: 'bool' },
    [],
    'config',
  );
  const params = section(fields['params'] ?? null, paramsShape, [], 'params');
  const domain = section(
    fields['domain'] ?? null,
    { aperture_start: 'uint', aperture_end: 'uint', strict: 'bool', has_flush_all: 'bool' },
    version === 2 ? ['pgsize_bitmap', 'driver'] : ['pgsize_bitmap'],
    'domain',
  );
  const { driver: named = 'table' } = domain;
  const driver = IOMMU_DRIVERS.find((name) => name === named);
  if (driver === undefined)
    return fail(`domain: driver is ${show(named)}, expected ${IOMMU_DRIVERS.join(' or ')}`);
  if (driver === 'virtio' && domain['has_flush_all'] === true)
    fail('domain: has_flush_all is true, expected false: the driver virtio has no such call');

  const stage = fields['stage'] as number;
  if (stage > 4) fail(`stage is ${String(stage)}, expected 0 to 4`);
  const nrCpus = fields['nr_cpus'] as number;
  const mostCpus = version === 1 ? 1 : MAX_CPUS;
  if (nrCpus < 1 || nrCpus > mostCpus)
    fail(
      `nr_cpus is ${String(nrCpus)}, expected ${version === 1 ? '1' : `1 to ${String(mostCpus)}`}`,
    );
  for (const [name, only] of [
    ['jiffies_hz', 1000],
    ['page_size', 4096],
  ] as const)
    if (fields[name] !== only) fail(`${name} is ${show(fields[name])}, expected ${String(only)}`);
  if (config['SWIOTLB'] !== true) fail('config: SWIOTLB is false, expected true');
  const slabs = params['swiotlb_slabs'] as number;
  if (slabs === 0 || slabs % 128 !== 0 || slabs > 2 ** 20)
    fail(`params: swiotlb_slabs is ${String(slabs)}, expected a multiple of 128 up to 2^20`);
  const slots = params['num_slots'] as number;
  if (slots > 2 ** 20) fail(`params: num_slots is ${String(slots)}, expected 0 to 2^20`);

  return {
    version,
    nrCpus,
    stage: stage as series_state,
    ioBuffer: config['IOMMU_IO_BUFFER'] as boolean,
    numSlots: slots,
    classSizes: params['class_sizes'] as number,
    swiotlbSlabs: slabs,
    forcedac: params['forcedac'] as boolean,
    bouncePagesInHighmem: params['bounce_pages_in_highmem'] === true,
    kdump: params['kdump'] === true,
    apertureStart: domain['aperture_start'] as number,
    apertureEnd: domain['aperture_end'] as number,
    pgsizeBitmap: pageSizes(domain['pgsize_bitmap']),
    strict: domain['strict'] as boolean,
    hasFlushAll: domain['has_flush_all'] as boolean,
    driver,
    device: parseDevice(fields['device'] ?? null, 1, { version, driver }),
    poison: fields['poison'] as number,
  };
}

function pageSizes(value: Json | undefined): number {
  const bad = (): never => {
    throw new TranscriptError(
      1,
      `header: domain: pgsize_bitmap is ${show(value)}, expected a list of different powers of two, 4096 among them`,
    );
  };
  if (!Array.isArray(value)) return bad();
  const sizes = value as readonly Json[];
  if (new Set(sizes).size !== sizes.length || !sizes.includes(4096)) return bad();
  let bitmap = 0;
  for (const size of sizes) {
    if (
      typeof size !== 'number' ||
      size < 4096 ||
      size > 2 ** 52 ||
      !Number.isInteger(Math.log2(size))
    )
      return bad();
    bitmap += size;
  }
  return bitmap;
}

/** @throws TranscriptError at the line given */
export function parseDevice(
  value: Json,
  line: number,
  { version, driver }: Pick<TranscriptHeader, 'version' | 'driver'>,
): DeviceDescription {
  const fail = (reason: string): never => {
    throw new TranscriptError(line, `device: ${reason}`);
  };
  const fields = value as Fields;
  const shape = version === 1 ? deviceShape : { ...deviceShape, 'group?': 'uint' as const };
  const problem = shapeProblem(fields, shape, ['resv_regions']);
  if (problem !== null) fail(problem);
  const maskBits = (name: string): number => {
    const bits = fields[name] as number;
    if (bits < 1 || bits > 64) fail(`${name} is ${String(bits)}, expected 1 to 64`);
    return bits;
  };
  if (driver === 'virtio') {
    if (fields['deferred_attach'] === true)
      fail('deferred_attach is true, expected false: the driver virtio attaches at once');
    if (fields['resv_regions'] !== undefined)
      fail('has resv_regions, expected none with the driver virtio');
  }
  return {
    group: (fields['group'] as number | undefined) ?? 0,
    dmaMaskBits: maskBits('dma_mask_bits'),
    coherentDmaMaskBits: maskBits('coherent_dma_mask_bits'),
    busDmaLimit: fields['bus_dma_limit'] as number,
    coherent: fields['coherent'] as boolean,
    maxSegSize: fields['max_seg_size'] as number,
    segBoundaryMask: fields['seg_boundary_mask'] as number,
    minAlignMask: fields['min_align_mask'] as number,
    node: fields['node'] as number,
    pci: fields['pci'] as boolean,
    untrusted: fields['untrusted'] as boolean,
    deferredAttach: fields['deferred_attach'] as boolean,
    resvRegions: regions(fields['resv_regions'] ?? [], fail),
  };
}

function regions(value: Json, fail: (reason: string) => never): resv_region[] {
  const expected = 'expected a list of [start, length, direct|relaxable|reserved|msi|sw_msi]';
  if (!Array.isArray(value)) return fail(`resv_regions is ${show(value)}, ${expected}`);
  return (value as readonly Json[]).map((region) => {
    const [start, length, type] = Array.isArray(region) ? (region as readonly Json[]) : [];
    const known =
      typeof type === 'string' && Object.hasOwn(RESV_TYPES, type) ? RESV_TYPES[type] : undefined;
    if (typeof start !== 'number' || typeof length !== 'number' || known === undefined)
      return fail(`resv_regions has ${show(region)}, ${expected}`);
    return { start, length, type: known };
  });
}
