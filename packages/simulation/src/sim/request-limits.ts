// SPDX-License-Identifier: GPL-2.0-only
// How large one request to the drive can be: what the block layer, the NVMe driver and the drive each allow.

import { settingsOver } from '../settings';

/** Each is a limit of one request (a bio's: of one bio); the smallest counts. */
export interface RequestLimits {
  readonly maxSectorsKb: number;
  readonly nvmeMaxKb: number;
  readonly nvmeMdtsKb: number;
  readonly maxSegments: number;
  readonly maxSegmentKb: number;
  readonly bioMaxVecs: number;
}

export type RequestLimitName = keyof RequestLimits;

export interface RequestLimit {
  readonly name: RequestLimitName;
  readonly unit: 'KiB' | 'count';
  readonly default: number;
  /** Both ends inclusive. A size is whole pages of 4 KiB. */
  readonly min: number;
  readonly max: number;
  readonly source: string;
  readonly what: string;
}

type Row = readonly [
  name: RequestLimitName,
  unit: RequestLimit['unit'],
  usual: number,
  min: number,
  max: number,
  source: string,
  what: string,
];

// oxfmt-ignore
const ROWS: readonly Row[] = [
  ['maxSectorsKb', 'KiB', 1280, 4, 4096, 'Linux 5.14 block/blk-settings.c: BLK_DEF_MAX_SECTORS is 2560 sectors; queue/max_sectors_kb sets it', "the block layer's own limit of a request's size"],
  ['nvmeMaxKb', 'KiB', 4096, 4, 4096, 'Linux 5.14 drivers/nvme/host/pci.c: NVME_MAX_KB_SZ', "the driver's limit of a request's size"],
  ['nvmeMdtsKb', 'KiB', 512, 4, 1048576, "the recorded drive: QEMU's mdts=7, 2^7 pages of 4 KiB; a power of two in the NVMe base specification", "the drive's limit of a request's size: MDTS, in bytes"],
  ['maxSegments', 'count', 127, 1, 127, 'Linux 5.14 drivers/nvme/host/pci.c: NVME_MAX_SEGS', 'pieces of physically contiguous memory in a request'],
  ['maxSegmentKb', 'KiB', 4194300, 4, 4194300, 'Linux 5.14 block/blk-settings.c blk_queue_virt_boundary: no limit but 32 bits, because the NVMe driver sets a boundary', 'size of such a piece'],
  ['bioMaxVecs', 'count', 256, 1, 256, 'Linux 5.14 include/linux/bio.h: BIO_MAX_VECS', 'pieces in a bio; an I/O of more is several bios, and each becomes requests of its own'],
];

export const REQUEST_LIMITS: readonly RequestLimit[] = ROWS.map(
  ([name, unit, usual, min, max, source, what]) => ({
    ...{ name, unit, default: usual, min, max, source, what },
  }),
);

/** Those of Linux 5.14 and of the recorded drive. */
export const USUAL_LIMITS: RequestLimits = requestLimits();

/**
 * @param settings texts `name=value`
 * @throws InputError for a name that is none, a value outside its range, or a size that is no whole number of pages
 */
export function requestLimits(settings: readonly string[] = []): RequestLimits {
  return settingsOver<RequestLimitName, RequestLimit>(REQUEST_LIMITS, settings, {
    called: 'limit',
    expected: ({ unit }) => (unit === 'KiB' ? 'a multiple of 4' : 'a whole number'),
    fits: ({ unit }, value) => Number.isInteger(value) && (unit === 'count' || value % 4 === 0),
    missing: ({ name }, value) =>
      name === 'nvmeMdtsKb' && !Number.isInteger(Math.log2(value)) ? 'a power of two' : null,
  });
}

/** Bytes of a request at most. @param longestMapping bytes that the DMA API maps at once at most */
export function longestRequest(limits: RequestLimits, longestMapping = Infinity): number {
  const { maxSectorsKb, nvmeMaxKb, nvmeMdtsKb } = limits;
  return Math.min(1024 * Math.min(maxSectorsKb, nvmeMaxKb, nvmeMdtsKb), longestMapping);
}

/** Settings of these limits, and of everything else. */
export function splitLimits(settings: readonly string[] = []): {
  readonly limits: readonly string[];
  readonly others: readonly string[];
} {
  const isLimit = (text: string): boolean =>
    REQUEST_LIMITS.some(({ name }) => text.trimStart().split('=')[0]?.trim() === name);
  return {
    limits: settings.filter(isLimit),
    others: settings.filter((text) => !isLimit(text)),
  };
}
