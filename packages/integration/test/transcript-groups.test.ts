// SPDX-License-Identifier: GPL-2.0-only
// Version 2 of transcripts: devices that go, groups that are in another domain for a while, addresses in use.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  type Json,
  type JsonObject,
  LiveTranscript,
  TranscriptError,
  replayTranscript,
} from '@iommu-bounce/integration';

const [recorded = '{}'] = readFileSync(
  join(__dirname, '../../../test-fixtures/transcripts/unit/01-first-map-allocates-slot.jsonl'),
  'utf8',
).split('\n');
const V1 = JSON.parse(recorded) as JsonObject & { domain: JsonObject; device: JsonObject };

/** Two devices of a group. */
function live(driver: 'table' | 'virtio', version: 1 | 2 = 2): (op: JsonObject) => Json {
  const domain = { ...V1.domain, has_flush_all: false, ...(version === 1 ? {} : { driver }) };
  const transcript = new LiveTranscript({ ...V1, version, domain }, { buffers: 4, kernel: 256 });
  const perform = (op: JsonObject): Json => {
    const outcome = transcript.perform(op);
    if ('died' in outcome) throw outcome.died;
    expect(outcome.observed['warn'], 'warnings').to.equal(undefined);
    return { ...outcome.observed };
  };
  perform({ op: 'declare_device', dev: 1, device: V1.device });
  for (const dev of [0, 1]) perform({ op: 'attach', dev });
  perform({ op: 'buf', id: 0, pages: 1, highmem: false });
  return perform;
}

const map = (id: number, dev: number): JsonObject => ({
  ...{ op: 'map_page', id, dev, buf: 0, off: 0, len: 100, dir: 'to_device', attrs: [] },
});
const read = (id: number): JsonObject => ({ op: 'dev_read', map: id, off: 0, len: 100 });
const STATS: JsonObject = { op: 'pool_stats', group: 0 };

for (const driver of ['table', 'virtio'] as const)
  describe(`a transcript on ${driver}`, () => {
    it('has a group in another domain, where its devices reach nothing, and back', () => {
      const perform = live(driver);
      perform(map(0, 0));
      const before = perform(read(0));
      expect(before).to.include({ ret: 'ok' });
      expect(perform({ op: 'lend_group', group: 0 })).to.include({ ret: 0 });
      expect(perform(read(0))).to.include({ ret: 'fault' });
      perform({ op: 'return_group', group: 0 });
      expect(perform(read(0))).to.deep.equal(before);
    });

    it('pulls a device out, and others go on', () => {
      const perform = live(driver);
      perform(map(0, 0));
      perform({ op: 'remove_device', dev: 1 });
      expect(perform(read(0))).to.include({ ret: 'ok' });
      if (driver === 'virtio') expect(perform(STATS)).to.include({ pinned_pages: 1 });
      perform({ op: 'declare_device', dev: 1, device: V1.device });
      perform({ op: 'attach', dev: 1 });
      if (driver === 'virtio') expect(perform(STATS)).to.include({ pinned_pages: 2 });
    });

    it('counts addresses that are in use, not those that wait in caches', () => {
      const perform = live(driver);
      const { iovas_in_use } = perform(STATS) as JsonObject;
      const large = { op: 'alloc_coherent', id: 0, dev: 0, len: 8192, gfp: 'kernel', attrs: [] };
      perform(large);
      expect(perform(STATS)).to.include({ iovas_in_use: (iovas_in_use as number) + 1 });
      perform({ op: 'free_coherent', id: 0 });
      expect(perform(STATS)).to.include({ iovas_in_use });
    });

    for (const [what, ops, message] of [
      [
        'a removal with a mapping',
        [map(0, 1), { op: 'remove_device', dev: 1 }],
        /mapping 0 is live/,
      ],
      [
        'a removal of the last device',
        [
          { op: 'remove_device', dev: 1 },
          { op: 'remove_device', dev: 0 },
        ],
        /it is the last of its group/,
      ],
      ['a removal of nothing', [{ op: 'remove_device', dev: 5 }], /device 5 was not declared/],
      ['a return of what is not lent', [{ op: 'return_group', group: 0 }], /the group is not lent/],
      [
        'a second loan',
        [
          { op: 'lend_group', group: 0 },
          { op: 'lend_group', group: 0 },
        ],
        /in another domain already/,
      ],
      ['a loan of no group', [{ op: 'lend_group', group: 3 }], /no device was declared in group 3/],
      [
        'a device for a group that is lent',
        [
          { op: 'lend_group', group: 0 },
          { op: 'declare_device', dev: 2, device: V1.device },
        ],
        /its group is in another domain/,
      ],
    ] as const)
      it(`refuses ${what}`, () => {
        const perform = live(driver);
        expect(() => {
          ops.forEach((op) => perform(op));
        }).to.throw(TranscriptError, message);
      });
  });

describe('version 1', () => {
  it('has none of these operations', () => {
    const text = [V1, { op: 'remove_device', dev: 0 }]
      .map((line) => JSON.stringify(line))
      .join('\n');
    expect(() => replayTranscript(text)).to.throw(
      TranscriptError,
      /unknown op "remove_device", expected one of (?!.*lend_group)/,
    );
  });

  it('has no count of addresses', () => {
    expect(live('table', 1)({ op: 'pool_stats' })).to.not.have.property('iovas_in_use');
  });
});
