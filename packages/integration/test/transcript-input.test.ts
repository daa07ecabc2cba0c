// SPDX-License-Identifier: GPL-2.0-only
// What is no transcript of version 1 is refused with the line and what was expected, before anything is replayed.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { TranscriptError, replayTranscript } from '@iommu-bounce/integration';

const good = readFileSync(
  join(__dirname, '../../../test-fixtures/transcripts/unit/01-first-map-allocates-slot.jsonl'),
  'utf8',
).trimEnd();
const [header = '', ...ops] = good.split('\n');

type Fields = Record<string, unknown>;
const withHeader = (
  change: (h: Fields & { params: Fields; domain: Fields; device: Fields; config: Fields }) => void,
): string => {
  const h = JSON.parse(header) as Fields & {
    params: Fields;
    domain: Fields;
    device: Fields;
    config: Fields;
  };
  change(h);
  return [JSON.stringify(h), ...ops].join('\n');
};
const withOps = (...more: readonly (Fields | string)[]): string =>
  [header, ops[0], ...more.map((o) => (typeof o === 'string' ? o : JSON.stringify(o)))].join('\n');

function refused(text: string): TranscriptError {
  try {
    replayTranscript(text);
  } catch (error) {
    if (error instanceof TranscriptError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('replayTranscript refuses', () => {
  const cases: readonly (readonly [string, string, number, RegExp])[] = [
    ['an empty file', '', 1, /empty, expected a header/],
    ['a truncated header', header.slice(0, 200), 1, /broken JSON, expected one JSON object/],
    ['a truncated operation', `${header}\n${(ops[0] ?? '').slice(0, 20)}`, 2, /broken JSON/],
    ['binary data', '\x7fELF\x02\x01\x01\0\0', 1, /binary/],
    ['a blank line', `${header}\n\n${ops.join('\n')}`, 2, /a blank line/],
    ['another format', withHeader((h) => (h['format'] = 'pcap')), 1, /format is "pcap"/],
    ['a wrong version', withHeader((h) => (h['version'] = 3)), 1, /version is 3, expected 1 or 2/],
    ['stage 7', withHeader((h) => (h['stage'] = 7)), 1, /stage is 7, expected 0 to 4/],
    ['stage 1.5', withHeader((h) => (h['stage'] = 1.5)), 1, /stage is 1.5/],
    [
      'several CPUs in version 1',
      withHeader((h) => (h['nr_cpus'] = 2)),
      1,
      /nr_cpus is 2, expected 1/,
    ],
    [
      'a driver in version 1',
      withHeader((h) => (h.domain['driver'] = 'virtio')),
      1,
      /domain: unknown field "driver"/,
    ],
    [
      'a driver that is none',
      withHeader((h) => {
        h['version'] = 2;
        h.domain['driver'] = 'intel';
      }),
      1,
      /driver is "intel", expected virtio or table/,
    ],
    [
      'a driver that is null',
      withHeader((h) => {
        h['version'] = 2;
        h.domain['driver'] = null;
      }),
      1,
      /driver is null, expected virtio or table/,
    ],
    [
      'an access of a terabyte',
      withOps({ op: 'dev_probe', iova: 0, write: false, len: 2 ** 40, ret: 'fault' }),
      3,
      /dev_probe: field len is 1099511627776, expected at most 1073741824/,
    ],
    [
      'a call that virtio-iommu does not have',
      withHeader((h) => {
        h['version'] = 2;
        h.domain['driver'] = 'virtio';
      }),
      1,
      /has_flush_all is true, expected false/,
    ],
    [
      'reserved regions on virtio-iommu',
      withHeader((h) => {
        h['version'] = 2;
        Object.assign(h.domain, { driver: 'virtio', has_flush_all: false });
        h.device['resv_regions'] = [[0, 4096, 'msi']];
      }),
      1,
      /resv_regions, expected none with the driver virtio/,
    ],
    [
      'a failure of the table on virtio-iommu',
      `${withHeader((h) => {
        h['version'] = 2;
        Object.assign(h.domain, { driver: 'virtio', has_flush_all: false });
      })}\n${JSON.stringify({ op: 'fail', site: 'iommu_map', count: 1 })}`,
      ops.length + 2,
      /site is "iommu_map", expected another/,
    ],
    ['a header that is a list', `[]\n${ops.join('\n')}`, 1, /expected an object/],
    [
      'a header without a device',
      withHeader((h) => delete (h as Fields)['device']),
      1,
      /device is missing/,
    ],
    ['no SWIOTLB', withHeader((h) => (h.config['SWIOTLB'] = false)), 1, /SWIOTLB/],
    [
      'half a swiotlb set',
      withHeader((h) => (h.params['swiotlb_slabs'] = 100)),
      1,
      /multiple of 128/,
    ],
    [
      'class_sizes 256',
      withHeader((h) => (h.params['class_sizes'] = 256)),
      1,
      /class_sizes is 256, expected a whole number from 0 to 255/,
    ],
    [
      'page sizes without 4096',
      withHeader((h) => (h.domain['pgsize_bitmap'] = [2097152])),
      1,
      /pgsize_bitmap/,
    ],
    [
      'a page size that is none',
      withHeader((h) => (h.domain['pgsize_bitmap'] = [4096, 5000])),
      1,
      /powers of two/,
    ],
    [
      'a 65-bit mask',
      withHeader((h) => (h.device['dma_mask_bits'] = 65)),
      1,
      /dma_mask_bits is 65, expected 1 to 64/,
    ],
    [
      'an unknown kind of region',
      withHeader((h) => (h.device['resv_regions'] = [[0, 1, 'toString']])),
      1,
      /resv_regions/,
    ],
    [
      'an unknown op',
      withOps({ op: 'constructor' }),
      3,
      /unknown op "constructor", expected one of attach/,
    ],
    ['an op that is a number', withOps('7'), 3, /expected an operation/],
    ['an op without its field', withOps({ op: 'advance_ms', iommu: [] }), 3, /field ms is missing/],
    [
      'an op without what was observed',
      withOps({ op: 'advance_ms', ms: 1 }),
      3,
      /field iommu is missing/,
    ],
    [
      'a field nobody knows',
      withOps({ op: 'advance_ms', ms: 1, iommu: [], colour: 1 }),
      3,
      /unknown field "colour"/,
    ],
    [
      'a negative length',
      withOps({ op: 'cpu_read', buf: 1, off: 0, len: -1, crc32: '00000000' }),
      3,
      /len is -1/,
    ],
    [
      'a crc of 7 digits',
      withOps({ op: 'cpu_read', buf: 1, off: 0, len: 1, crc32: '0000000' }),
      3,
      /8 lower-case hex digits/,
    ],
    [
      'a buffer that does not exist',
      withOps({ op: 'cpu_read', buf: 9, off: 0, len: 1, crc32: '00000000' }),
      3,
      /buffer 9 does not exist/,
    ],
    [
      'a range outside a buffer',
      withOps(
        { op: 'buf', id: 1, pages: 1, highmem: false },
        { op: 'cpu_read', buf: 1, off: 4000, len: 97, crc32: '00000000' },
      ),
      4,
      /outside the buffer/,
    ],
    [
      'a device that was not declared',
      withOps({ op: 'get_merge_boundary', dev: 3, ret: 0 }),
      3,
      /device 3 was not declared/,
    ],
    [
      'a mapping that does not exist',
      withOps({ op: 'unmap_page', id: 5, iommu: [] }),
      3,
      /nothing is mapped under id 5/,
    ],
    [
      'an operation after a crash',
      withOps({ op: 'unmap_page', id: 5, crash: 11 }, { op: 'mappings', ranges: [] }),
      4,
      /expected the end of the file/,
    ],
  ];

  for (const [what, text, line, reason] of cases)
    it(what, () => {
      const error = refused(text);
      expect(error.line).to.equal(line);
      expect(error.reason).to.match(reason);
      expect(error.message).to.not.include('\n');
    });

  it('a unit that replays when nothing is changed', () => {
    expect(replayTranscript(good).mismatch).to.equal(null);
  });
});
