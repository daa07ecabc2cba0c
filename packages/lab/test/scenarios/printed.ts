// SPDX-License-Identifier: GPL-2.0-only
// What `fio … --json` prints, and how wide the tables of scenarios are.

import { expect } from 'chai';
import type { DevicesDocument } from '@iommu-bounce/simulation';
import { type Part, partsText } from '../../src/show/parts';
import { devicesParts } from '../../src/tables/devices';
import { cli, expectFits } from '../commands/run-cli';

export async function printed(...args: readonly string[]): Promise<unknown> {
  const { status, out, err } = await cli('fio', ...args, '--json');
  expect(err).to.equal('');
  expect(status).to.equal(0);
  return JSON.parse(out);
}

export function expectNarrow(text: string): void {
  for (const line of text.split('\n')) expect(Array.from(line).length, line).to.be.at.most(100);
}

/** On narrower and wider terminals, and in ASCII. */
export function expectFolds(parts: readonly Part[]): void {
  for (const columns of [60, 80, 120]) {
    expectFits(partsText(parts, { columns, ascii: false }), columns);
    const text = partsText(parts, { columns, ascii: true });
    expectFits(text, columns);
    expect(text).to.match(/^[\n\x20-\x7e]*$/);
  }
}

/** @param many how the document's most devices are named in a title */
export function expectDevices(document: DevicesDocument, many: string): void {
  const text = partsText(devicesParts(document));
  expectFolds(devicesParts(document));
  expectNarrow(text);
  for (const word of ['per device, max peak', 'arithmetic', many]) expect(text).to.include(word);
  expect(text).not.to.include('WRONG');
}
