// SPDX-License-Identifier: GPL-2.0-only
// The committed schemas, compiled; and the check of a document against the schema of its verb.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv/dist/2020';
import { expect } from 'chai';
import type { DocumentVerb } from '@iommu-bounce/lab';

export const SCHEMAS = join(__dirname, '../schemas');

const ajv = new Ajv({ strict: true, allErrors: true });
const compiled = new Map<DocumentVerb, ValidateFunction>();

/** The schema of what a command line prints. */
export function schemaOf(args: readonly string[]): DocumentVerb {
  if (args.includes('--scenario')) return 'scenario';
  return args.includes('--workload') ? 'net' : (args[0] as DocumentVerb);
}

export function validator(verb: DocumentVerb): ValidateFunction {
  const found =
    compiled.get(verb) ??
    ajv.compile(
      JSON.parse(readFileSync(join(SCHEMAS, `${verb}.schema.json`), 'utf8')) as Record<
        string,
        unknown
      >,
    );
  compiled.set(verb, found);
  return found;
}

export function expectValid(verb: DocumentVerb, document: unknown): void {
  const validate = validator(verb);
  validate(JSON.parse(JSON.stringify(document)));
  expect(validate.errors, `${verb} --json against its schema`).to.equal(null);
}
