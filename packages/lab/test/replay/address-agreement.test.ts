// SPDX-License-Identifier: GPL-2.0-only
// The addresses themselves: which are equal, and what is said of the others.

import { join } from 'node:path';
import { expect } from 'chai';
import {
  ADDRESS_CAUSES,
  AddressAgreement,
  newAddresses,
} from '../../src/compare/address-agreement';
import type { MapOutcome } from '../../src/drive/map-outcome';
import { RECORDINGS, fixtures, skipWithout } from '../commands/run-cli';
import { TraceWriter, replayFiles, replayText } from './helpers';

const LONG = process.env['TEST_LONG'] === '1';
const DEVICE = '0000:00:05.0';
const SERIES = 'traces/series';

/** Calls on a page, or several, each with memory of its own. */
class Calls extends TraceWriter {
  private phys = 0x1_0000_0000;

  map(iova: number, pages = 1): this {
    this.phys += 0x100000;
    return this.mapPage(iova, this.phys, pages * 4096, DEVICE);
  }

  unmap(iova: number, cpu = 0): this {
    return this.in('fio-77', '.....', cpu).unmapPage(iova, 4096, DEVICE).in('fio-77');
  }
}

async function addressesOf(calls: Calls): Promise<unknown> {
  const { agreement } = await replayText(calls.text, { patches: [0] });
  expect(agreement.mappings_equal).to.equal(agreement.mappings_compared);
  return agreement.addresses;
}

describe('agreement of addresses', () => {
  it('is full where the recording begins with an empty space', async () => {
    const calls = new Calls().map(0xfffff000).map(0xffffe000).unmap(0xfffff000).map(0xfffff000);
    expect(await addressesOf(calls)).to.deep.equal({ compared: 3, equal: 3, by_cause: {} });
  });

  it('names addresses from before the recording, and those as far away as the one before', async () => {
    const calls = new Calls().map(0xfffff000).map(0xfffa0000).map(0xfff9f000);
    expect(await addressesOf(calls)).to.deep.equal({
      ...{ compared: 3, equal: 1 },
      by_cause: { [ADDRESS_CAUSES.first]: 1, [ADDRESS_CAUSES.distance]: 1 },
    });
  });

  it('names an address that another CPU freed', async () => {
    const calls = new Calls().map(0xfffff000).map(0xffffe000).unmap(0xfffff000, 1);
    expect(await addressesOf(calls.map(0xfffff000))).to.deep.equal({
      ...{ compared: 3, equal: 2 },
      by_cause: { [ADDRESS_CAUSES.otherCpu]: 1 },
    });
  });

  it('names what the port never gave: an earlier difference', async () => {
    const calls = new Calls().map(0xfffa0000).unmap(0xfffa0000).map(0xffff0000).map(0xfffa0000);
    expect(await addressesOf(calls)).to.deep.equal({
      ...{ compared: 3, equal: 0 },
      by_cause: { [ADDRESS_CAUSES.first]: 2, [ADDRESS_CAUSES.earlier]: 1 },
    });
  });

  it('names addresses above 4 GiB, and ranges that no cache keeps', async () => {
    const calls = new Calls().map(0x2_0000_0000).map(0xffe40000, 64);
    expect(await addressesOf(calls)).to.deep.equal({
      ...{ compared: 2, equal: 0 },
      by_cause: { [ADDRESS_CAUSES.high]: 1, [ADDRESS_CAUSES.long]: 1 },
    });
  });

  it('keeps unknown what nothing explains', async () => {
    // The port reuses the latest address of its CPU; the recording took the other.
    const calls = new Calls().map(0xfffff000).map(0xffffe000).unmap(0xfffff000).unmap(0xffffe000);
    expect(await addressesOf(calls.map(0xfffff000))).to.deep.equal({
      ...{ compared: 3, equal: 2 },
      by_cause: { [ADDRESS_CAUSES.unknown]: 1 },
    });
  });

  it('tells slots of the pool from a class that begins elsewhere', () => {
    const figures = newAddresses();
    const agreement = new AddressAgreement(figures);
    const decision = { kind: 'take', classSize: 4096, likelySlot: 3 };
    const mapped = (slot: number | null, took: object | null): void => {
      const place = slot === null ? null : { slot, classSize: 4096 };
      agreement.mapped(
        { decision: took, cpu: 0 } as never,
        { device: DEVICE, dmaAddr: 0xff803000, size: 4096 } as never,
        { ok: true, addr: 0xff900000, slot: place } as unknown as MapOutcome,
        true,
      );
    };
    mapped(3, decision);
    mapped(4, decision);
    mapped(4, null);
    mapped(null, decision);
    expect(figures).to.deep.equal({
      ...{ compared: 4, equal: 0 },
      by_cause: {
        [ADDRESS_CAUSES.class]: 1,
        [ADDRESS_CAUSES.slot]: 1,
        [ADDRESS_CAUSES.onePool]: 2,
      },
    });
  });

  it('has one cause for each address that differs, in a real recording', async () => {
    const file = join(fixtures, 'captures', 'unmap-unlike-map.trace.txt');
    const { addresses } = (await replayFiles([file], { patches: [0] })).agreement;
    const caused = Object.values(addresses.by_cause).reduce((sum, one) => sum + one, 0);
    expect(addresses.compared).to.be.above(0);
    expect(caused).to.equal(addresses.compared - addresses.equal);
  });

  it('is full in recordings of a kernel with the series @long', async function () {
    if (!LONG) this.skip();
    skipWithout(SERIES, this);
    this.timeout(400_000);
    const file = join(RECORDINGS, SERIES, 'iobuf-def.read-4k.trace.txt.gz');
    const { addresses } = (await replayFiles([file], { patches: [4] })).agreement;
    expect(addresses).to.deep.equal({ compared: 64, equal: 64, by_cause: {} });
  });
});
