// SPDX-License-Identifier: GPL-2.0-only
// The JSON Schemas as files of this package: one for each verb of `Documents`, in documents.ts.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_FOLDER } from './package';

const FOLDER = join(PACKAGE_FOLDER, 'schemas');
const ENDING = '.schema.json';

/** Verbs that have --json, sorted. */
export function schemaVerbs(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(ENDING))
    .map((file) => file.slice(0, -ENDING.length))
    .sort();
}

/** @param verb one of `schemaVerbs` */
export function schemaText(verb: string): string {
  return readFileSync(join(FOLDER, verb + ENDING), 'utf8');
}
