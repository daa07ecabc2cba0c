// SPDX-License-Identifier: GPL-2.0-only
// What `fio … --json` prints.

import { expect } from 'chai';
import { cli } from '../commands/run-cli';

export async function printed(...args: readonly string[]): Promise<unknown> {
  const { status, out, err } = await cli('fio', ...args, '--json');
  expect(err).to.equal('');
  expect(status).to.equal(0);
  return JSON.parse(out);
}
