// SPDX-License-Identifier: GPL-2.0-only
// Documents compared with docs/scenarios.schema.json, and what the command prints.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import { expect } from 'chai';
import { cli } from '../commands/run-cli';

const schema = JSON.parse(
  readFileSync(join(__dirname, '../../../../docs/scenarios.schema.json'), 'utf8'),
) as object;
const validate = new Ajv({ strict: true, allErrors: true, allowUnionTypes: true }).compile(schema);

export function expectValid(document: unknown): void {
  validate(JSON.parse(JSON.stringify(document)));
  expect(validate.errors).to.equal(null);
}

/** What `fio … --json` prints, compared with the schema. */
export async function printed(...args: readonly string[]): Promise<unknown> {
  const { status, out, err } = await cli('fio', ...args, '--json');
  expect(err).to.equal('');
  expect(status).to.equal(0);
  const document: unknown = JSON.parse(out);
  expectValid(document);
  return document;
}
