// SPDX-License-Identifier: GPL-2.0-only
// Each scenario shows what it says.

import { expect } from 'chai';
import { callRecording } from '../../src/play/call-recording';
import type { Frame, SlotFrame } from '../../src/play/frame';
import { Playback } from '../../src/play/playback';
import { scenarios } from '../../src/play/scenarios';
import { expectSound } from './fixtures';

function framesOf(name: string): readonly Frame[] {
  const scenario = scenarios.find((one) => one.name === name);
  if (!scenario) throw new Error(`no scenario ${name}`);
  const playback = new Playback(callRecording(scenario));
  return Array.from({ length: playback.length + 1 }, (_, step) => playback.frame(step));
}

function slotsOf(frame: Frame | undefined, klass = 0, pool = 0): readonly SlotFrame[] {
  return frame?.pools[pool]?.classes[klass]?.slots ?? [];
}

function lastOf(frames: readonly Frame[]): Frame {
  const last = frames.at(-1);
  if (!last) throw new Error('no frames');
  return last;
}

/** States of one slot through all frames, each once where it changes. */
function historyOf(frames: readonly Frame[], index: number, klass = 0): string[] {
  const names = frames.map((frame) => {
    const slot = slotsOf(frame, klass)[index];
    return slot ? `${slot.access ?? ''} ${slot.state}${slot.old ? ' old' : ''}`.trim() : '-';
  });
  return names.filter((name, i) => name !== names[i - 1]);
}

/** The frame of the n-th call (from 0) whose text matches. */
function frameOf(frames: readonly Frame[], call: RegExp, n = 0): Frame {
  const found = frames.filter((frame) => call.test(frame.call))[n];
  if (!found) throw new Error(`no call ${call.source}`);
  return found;
}

describe('the scenarios', () => {
  it('are ten, with words for each step that does something', () => {
    expect(scenarios).to.have.length(10);
    expect(new Set(scenarios.map(({ name }) => name)).size).to.equal(10);
    for (const { name, about } of scenarios) {
      expect(name).to.match(/^[a-z0-9-]+$/);
      expect(about.split(/[.:?] /).length, name).to.be.within(2, 6);
      const frames = framesOf(name);
      for (const frame of frames) expectSound(frame);
      const [first, ...steps] = frames;
      expect(first).to.include({ step: 0, call: '', result: '', timeMs: 0 });
      expect(first?.counts).to.deep.equal({ requests: 0, exits: 0, copiedBytes: 0 });
      expect(steps.filter(({ caption }) => caption !== '').length, name).to.be.above(
        steps.length / 2,
      );
    }
  });

  it('first-map: an empty slot is filled and stays mapped; a late write reaches no driver', () => {
    const frames = framesOf('first-map');
    expect(historyOf(frames, 0)).to.deep.equal(['empty', 'WO in-use', 'WO cached']);
    expect(frameOf(frames, /^dma_map/).counts.requests).to.equal(1);
    const unmapped = frames.find(({ ended }) => ended.length > 0);
    expect(unmapped?.copies).to.deep.equal([{ from: 'bounce', bytes: 4096 }]);
    expect(unmapped?.ranges).to.have.length(1);
    expect(unmapped?.ranges[0]?.wanted).to.equal(false);
    expect(lastOf(frames).result).to.equal('"disk disk disk disk "');
  });

  it('reuse: two fills serve five mappings; without the pool each map and unmap asks', () => {
    const { counts, countsWithout } = lastOf(framesOf('reuse'));
    expect(counts.requests).to.equal(2);
    expect(countsWithout.requests).to.equal(10);
    expect(counts.exits).to.equal(2);
    expect(countsWithout.exits).to.equal(10);
  });

  it('three-permissions: only a buffer of the same permission is taken', () => {
    const frames = framesOf('three-permissions');
    const fourth = frameOf(frames, /^dma_map/, 3);
    expect(fourth.mappings.at(-1)?.slot).to.deep.equal({ pool: 0, klass: 0, slot: 0 });
    const fifth = frameOf(frames, /^dma_map/, 4);
    expect(fifth.mappings.at(-1)?.slot).to.deep.equal({ pool: 0, klass: 0, slot: 3 });
    const [klass] = fifth.pools[0]?.classes ?? [];
    expect(klass?.cachedWo).to.have.length(1);
    expect(klass?.cachedRw).to.have.length(1);
    expect(frameOf(frames, /writes "x"/).result).to.match(/^fault/);
  });

  it('class-sizes: the smallest class that holds offset and bytes; the largest is not enough', () => {
    const frames = framesOf('class-sizes');
    const classes = [0, 1, 2, 3, 4, 5, 6].map(
      (n) => frameOf(frames, /^dma_map/, n).mappings.at(-1)?.slot?.klass ?? null,
    );
    expect(classes).to.deep.equal([0, 0, 1, 1, 2, 2, null]);
    expect(frameOf(frames, /^dma_map/, 6).mappings.at(-1)?.bounced).to.equal(false);
  });

  it('exhaustion: without a slot the original page is mapped, and a write reaches it', () => {
    const frames = framesOf('exhaustion');
    const third = frameOf(frames, /^dma_map/, 2);
    expect(slotsOf(third).every(({ state }) => state === 'in-use')).to.equal(true);
    expect(third.mappings.at(-1)?.slot).to.equal(null);
    const written = frameOf(frames, /writes "direct/).mappings.at(-1);
    expect(written?.original).to.deep.equal(written?.reached);
    expect(String.fromCharCode(...(written?.original ?? []).slice(0, 6))).to.equal('direct');
    const blocked = frameOf(frames, /^dma_map/, 4);
    expect(blocked.mappings.at(-1)?.slot).to.equal(null);
    expect(blocked.pools[0]?.classes[0]?.cachedWo).to.have.length(1);
  });

  it('eviction: a slot grows old, and is empty after a second run; nothing runs then', () => {
    const frames = framesOf('eviction');
    expect(historyOf(frames, 0)).to.deep.equal([
      'empty',
      'WO in-use',
      'WO cached',
      'WO cached old',
      'empty',
    ]);
    expect(historyOf(frames, 1).slice(-2)).to.deep.equal(['WO cached old', 'empty']);
    const last = lastOf(frames);
    expect(last.pools[0]?.evictInMs).to.equal(null);
    expect(last.ranges).to.deep.equal([]);
    const freed = frames.find(
      ({ step }, i) => step > 3 && slotsOf(frames[i])[0]?.state === 'empty',
    );
    const unmapped = frames.find(({ ended }) => ended.some(({ id }) => id === 1));
    expect((freed?.timeMs ?? 0) - (unmapped?.timeMs ?? 0)).to.be.within(5000, 11_000);
  });

  it('second-device: another domain has its own pool, a mate in the group shares one', () => {
    const frames = framesOf('second-device');
    expect(lastOf(frames).pools.map(({ domain }) => domain)).to.deep.equal([
      'nvme0, nvme1',
      'nic0',
    ]);
    expect(frameOf(frames, /^nic0 reads/).result).to.equal('"packet packet packet"');
    expect(frameOf(frames, /^nvme1 reads/).result).to.equal('"nvme data nvme data "');
    const shared = frameOf(frames, /^dma_map_page\(nvme1/);
    expect(shared.counts.requests).to.equal(frames[shared.step - 1]?.counts.requests);
  });

  it('untrusted-list: each unmap loses a slot, then the machine dies', () => {
    const frames = framesOf('untrusted-list');
    expect(historyOf(frames, 0)).to.deep.equal(['empty', 'RO in-use', 'RO lost']);
    expect(historyOf(frames, 1)).to.deep.equal(['empty', 'RO in-use', 'RO lost']);
    expect(frameOf(frames, /^dma_map_sg/, 2).result).to.match(/^oops: bad memory access/);
    const { countsWithout } = lastOf(frames);
    expect(countsWithout.requests).to.be.above(
      frameOf(frames, /^dma_map_sg/, 2).countsWithout.requests,
    );
  });

  it('short-transfer: bytes of another transfer overwrite the driver’s', () => {
    expect(lastOf(framesOf('short-transfer')).result).to.equal('"ten bytes rivate! private! pri"');
  });

  it('stale-contents: the secret is read after the unmap and behind the next mapping, until evicted', () => {
    const reads = framesOf('stale-contents').filter(({ call }) =>
      call.startsWith('the device reads'),
    );
    const results = reads.map(({ result }) => (result.includes('secret') ? 'secret' : result));
    expect(results).to.deep.equal([
      'secret',
      'secret',
      '"public. public. public. public. …"',
      'secret',
      'secret',
      'fault: the device cannot read there',
    ]);
  });
});
