// SPDX-License-Identifier: GPL-2.0-only
// What the reference says of single cases, which one can think through.

import { expect } from 'chai';
import { Reference } from '../../src/model/reference';
import { fewest, simplest } from '../../src/model/shrink';
import type { ModelMachine } from '../../src/model/machine-kind';

const PIECES = [{ buffer: 0, offset: 10, length: 4 }];

function withMapping(direction: 'to_device' | 'from_device' | 'bidirectional', copies = true) {
  const reference = new Reference();
  reference.addBuffer(64);
  reference.cpuWrites(0, 10, Uint8Array.of(1, 2, 3, 4));
  reference.map({ id: 0, device: 0, kind: 'page', pieces: PIECES, direction }, copies);
  const mapping = reference.mappings.get(0);
  if (!mapping) throw new Error('not mapped');
  return { reference, mapping, cpu: reference.buffer(0) };
}

const seen = ({ value, defined }: { value: Uint8Array; defined: Uint8Array }, from = 0) =>
  [0, 1, 2, 3].map((i) => (defined[from + i] === 1 ? value[from + i] : null));

describe('the reference of the DMA API', () => {
  it('gives the device what the CPU wrote before the map', () => {
    expect(seen(withMapping('to_device').mapping.seen)).to.deep.equal([1, 2, 3, 4]);
    expect(seen(withMapping('bidirectional').mapping.seen)).to.deep.equal([1, 2, 3, 4]);
    expect(seen(withMapping('from_device').mapping.seen)).to.deep.equal([null, null, null, null]);
    expect(seen(withMapping('to_device', false).mapping.seen)).to.deep.equal(Array(4).fill(null));
  });

  it('gives the CPU what the device wrote, after the unmap; what it did not write is open', () => {
    const { reference, mapping, cpu } = withMapping('from_device');
    reference.deviceWrites(mapping, 1, Uint8Array.of(9, 8));
    expect(seen(cpu, 10)).to.deep.equal([1, null, null, 4]);
    reference.unmap(mapping, true);
    expect(seen(cpu, 10)).to.deep.equal([null, 9, 8, null]);
  });

  it('gives the device nothing that the CPU writes without a sync', () => {
    const { reference, mapping } = withMapping('to_device');
    reference.cpuWrites(0, 11, Uint8Array.of(7));
    expect(seen(mapping.seen)).to.deep.equal([1, null, 3, 4]);
    reference.syncForDevice(mapping, 0, 2);
    expect(seen(mapping.seen)).to.deep.equal([1, 7, 3, 4]);
  });

  it('lets two devices read the same bytes, and nobody write them beside', () => {
    const { reference } = withMapping('to_device');
    expect(reference.mayMap(PIECES, 'to_device')).to.equal(true);
    expect(reference.mayMap(PIECES, 'from_device')).to.equal(false);
    expect(reference.mayMap([{ buffer: 0, offset: 14, length: 1 }], 'from_device')).to.equal(true);
  });
});

describe('shrinking', () => {
  it('keeps the fewest that still fail', () => {
    const all = Array.from({ length: 200 }, (_, i) => i);
    const fails = (some: readonly number[]): boolean =>
      [17, 18, 150].every((n) => some.includes(n));
    expect(fewest(all, fails)).to.deep.equal([17, 18, 150]);
  });

  it('keeps of a machine what the failure needs', () => {
    const device = { group: 0, coherent: false, untrusted: true, maxSegSize: 4096 };
    const machine: ModelMachine = {
      ...{ stage: 4, pool: true, numSlots: 5, classSizes: 37, strict: false, cpus: 3 },
      driver: 'virtio',
      ...{ pageSizes: [4096, 2 ** 21], devices: [device, { ...device, group: 1 }] },
      masks: [{ streaming: 32, coherent: 20 }],
      windows: [{ start: 4096, length: 4096, type: 'msi' }],
    };
    const small = simplest(machine, ({ cpus, strict }) => cpus > 1 && !strict);
    expect(small).to.deep.include({
      driver: 'table',
      numSlots: 1,
      classSizes: 1,
      strict: false,
      cpus: 3,
      masks: [],
      windows: [],
    });
    expect(small.devices).to.deep.equal([
      { group: 0, coherent: true, untrusted: false, maxSegSize: 65_536 },
    ]);
  });
});
