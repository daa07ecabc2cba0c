// SPDX-License-Identifier: GPL-2.0-only
// Where addresses go: what has to stay, for drawn sets of addresses.

import { expect } from 'chai';
import { random } from '@iommu-bounce/linux-shim/testing';
import { AddressMap } from '../../src/anonymise/address-map';
import { AddressSurvey } from '../../src/anonymise/address-survey';
import { drawFrom } from '../../src/parse';

const BLOCK = 2 ** 21;
const GIB = 2 ** 30;

function mapOf(survey: AddressSurvey, seed = 'a seed'): (address: number) => number {
  const map = new AddressMap(survey, drawFrom(seed));
  return (address) => {
    const to = map.map(address);
    if (to === null) throw new Error(`${address.toString(16)} was not surveyed`);
    return to;
  };
}

describe('AddressMap', () => {
  it('keeps order, offsets in 2 MiB, neighbours, gaps and what lies below 4 GiB @long-only', () => {
    const seed = Number(process.env['ANONYMISE_SEED'] ?? 20261129);
    const rng = random(seed);
    for (let round = 0; round < 200; round++) {
      const survey = new AddressSurvey();
      const top = [4 * GIB, 16 * GIB, 2 ** 46][round % 3] ?? 0;
      const addresses = Array.from(
        { length: 60 },
        () => rng.below(2 ** 20) * (top / 2 ** 20) + rng.below(4096),
      ).sort((a, b) => a - b);
      for (const address of addresses) survey.add(address, 4096, round % 2 ? 'memory' : 'device');
      const map = mapOf(survey, String(round));
      const said = `ANONYMISE_SEED=${String(seed)}, round ${String(round)}`;
      addresses.forEach((address, i) => {
        const to = map(address);
        expect(to % BLOCK, said).to.equal(address % BLOCK);
        expect(to < 4 * GIB, said).to.equal(address < 4 * GIB);
        expect(to, said).to.be.within(0, 2 ** 52);
        const before = addresses[i - 1];
        if (before === undefined) return;
        const [was, is] = [address - before, to - map(before)];
        if (was === 0) expect(is, said).to.equal(0);
        else expect(is, said).to.be.above(0);
        const blocks = (a: number, b: number): number =>
          Math.floor(a / BLOCK) - Math.floor(b / BLOCK);
        const apart = blocks(address, before);
        if (apart <= 1 && Math.floor(address / GIB / 4) === Math.floor(before / GIB / 4))
          expect(is, said).to.equal(was);
        else expect(blocks(to, map(before)), said).to.be.at.least(Math.min(apart, 2));
      });
    }
  });

  it('moves what has room, and another way with another seed', () => {
    const survey = new AddressSurvey();
    survey.add(0xfff00000, 4096, 'device');
    survey.add(0x1_2345_6000, 4096, 'memory');
    const places = ['1', '2', '3', '4'].map((seed) => mapOf(survey, seed)(0xfff00000));
    expect(new Set(places)).to.have.property('size', 4);
    expect(places).to.not.include(0xfff00000);
    expect(mapOf(survey, '1')(0xfff00000)).to.equal(places[0]);
  });

  it('keeps a range whole that crosses 4 GiB', () => {
    const survey = new AddressSurvey();
    survey.add(4 * GIB - 8192, 16384, 'memory');
    const map = mapOf(survey);
    expect([map(4 * GIB - 8192), map(4 * GIB)]).to.deep.equal([4 * GIB - 8192, 4 * GIB]);
  });

  it('keeps the alignment of the longest mapping, up to 1 GiB', () => {
    const survey = new AddressSurvey();
    survey.addMapped(0x8020_0000, 16 * 2 ** 20, 'memory');
    survey.addMapped(0xc080_0000, 4096, 'device');
    const map = mapOf(survey);
    expect(map(0x8020_0000) % 2 ** 24).to.equal(0x20_0000);
    expect(map(0xc080_0000) % 2 ** 24).to.equal(0x80_0000);
  });

  it('leaves special addresses and what must stay', () => {
    const survey = new AddressSurvey();
    survey.add(2 ** 64 - 4096, 1, 'device');
    survey.add(Number.MAX_SAFE_INTEGER, 1, 'device');
    survey.add(0x40, 1, 'device');
    survey.add(0x1000_0000, 4096, 'memory');
    survey.keep(0xff80_0000, 4 * 2 ** 20);
    survey.keep(0xbe00_0000, 4 * 2 ** 20);
    survey.keep(0xb000_0000, 4 * 2 ** 20);
    const map = new AddressMap(survey, drawFrom('1'));
    expect(map.map(Number.MAX_SAFE_INTEGER)).to.equal(Number.MAX_SAFE_INTEGER);
    expect(map.mapHex('ffffffffffffffff')).to.equal('ffffffffffffffff');
    expect(map.map(0x40)).to.equal(0x40);
    expect(map.map(0xff81_2345)).to.equal(0xff81_2345);
    for (const kept of [0xb000_0000, 0xbe00_0000]) expect(map.map(kept)).to.equal(kept);
    expect(map.map(0x1000_0000)).to.not.equal(0x1000_0000);
    expect(map.map(0x7000_0000)).to.equal(null);
  });

  it('takes addresses of 64 bits digit by digit', () => {
    const survey = new AddressSurvey();
    survey.add(parseInt('dead000012345678', 16), 1, 'device');
    survey.add(parseInt('ffff888012345000', 16), 1, 'memory');
    const map = new AddressMap(survey, drawFrom('1'));
    const one = map.mapHex('dead000012345678') ?? '';
    const two = map.mapHex('ffff888012345000') ?? '';
    expect(parseInt(one, 16) % BLOCK).to.equal(0x145678);
    expect(parseInt(two, 16) % BLOCK).to.equal(0x145000);
    expect(parseInt(one, 16))
      .to.be.below(parseInt(two, 16))
      .and.above(4 * GIB);
  });
});
