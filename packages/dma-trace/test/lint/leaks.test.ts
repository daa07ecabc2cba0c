// SPDX-License-Identifier: GPL-2.0-only
// Buffers that stay while others like them come and go: those that leak, and those that a driver keeps.

import { expect } from 'chai';
import { LineParser, Linter } from '../../src';

/** What a driver does, step by step. */
class Driver {
  readonly lines: string[] = [];
  private us = 0;

  map(address: number): void {
    this.call(
      `dma_map_page: nic dir=FROM_DEVICE dma_addr=${hex(address)} size=2048 phys_addr=${hex(address)} attrs=`,
    );
  }

  unmap(address: number): void {
    this.call(`dma_unmap_page: nic dir=FROM_DEVICE dma_addr=${hex(address)} size=2048 attrs=`);
  }

  /** One after the other, each mapped and unmapped. */
  transfers(count: number): void {
    for (let i = 0; i < count; i++) {
      this.map(0xaff00000);
      this.unmap(0xaff00000);
    }
  }

  private call(text: string): void {
    this.lines.push(` job-7 [000] ..... ${(1 + ++this.us / 1e6).toFixed(6)}: ${text}`);
  }
}

const hex = (n: number): string => n.toString(16);
const buffer = (i: number): number => 0xf0000000 + 4096 * i;

/** Buffers that are said to have leaked, and the first line of them. */
function leaked({ lines }: Driver): { count: number; first: number } | null {
  const parser = new LineParser();
  const linter = new Linter();
  linter.beginFile('lines');
  lines.forEach((text, i) => {
    const event = parser.parse(text, i + 1);
    if (event !== null && event !== 'unparsed') linter.add([event]);
  });
  const [found, ...more] = linter
    .finish([])
    .findings.filter(({ rule }) => rule.id === 'leaked-mapping');
  expect(more).to.deep.equal([]);
  return found ? { count: found.count, first: found.first.line } : null;
}

describe('leaked-mapping', () => {
  it('names all of equal buffers that leak, however many there are', () => {
    const driver = new Driver();
    for (let i = 0; i < 64; i++) {
      driver.transfers(5);
      driver.map(buffer(i));
    }
    driver.transfers(8);
    expect(leaked(driver)).to.deep.equal({ count: 64, first: 11 });
  });

  it('names the one that leaks', () => {
    const driver = new Driver();
    driver.map(buffer(0));
    driver.transfers(12);
    expect(leaked(driver)).to.deep.equal({ count: 1, first: 1 });
  });

  it('names those that leak beside transfers in flight, and none of these', () => {
    const driver = new Driver();
    const depth = 16;
    for (let i = 0; i < 400; i++) {
      driver.map(buffer(i));
      // Each eighth of the first 304 is never unmapped.
      if (i >= depth && !(i < 304 + depth && i % 8 === 0)) driver.unmap(buffer(i - depth));
    }
    expect(leaked(driver)?.count).to.equal(38);
  });

  for (const entries of [2, 64, 256])
    it(`accuses no ring of ${String(entries)} entries that is mapped before its transfers`, () => {
      const driver = new Driver();
      for (let i = 0; i < entries; i++) driver.map(buffer(i));
      driver.transfers(8 * entries);
      expect(leaked(driver)).to.equal(null);
    });

  it('accuses no driver that grows to a working set and stays', () => {
    const driver = new Driver();
    for (let i = 0; i < 64; i++) {
      driver.transfers(3);
      driver.map(buffer(i));
    }
    driver.transfers(400);
    expect(leaked(driver)).to.equal(null);
  });

  it('accuses nobody of what is in flight when the capture ends', () => {
    const driver = new Driver();
    for (let i = 0; i < 400; i++) {
      driver.map(buffer(i));
      if (i >= 32) driver.unmap(buffer(i - 32));
    }
    expect(leaked(driver)).to.equal(null);
  });
});
