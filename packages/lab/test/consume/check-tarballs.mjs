// SPDX-License-Identifier: GPL-2.0-only
// What publint and arethetypeswrong say of each tarball, as JSON on stdout. One process: starting both takes as long as a check.

import { readFileSync } from 'node:fs';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { groupProblemsByKind } from '@arethetypeswrong/core/utils';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

async function lint(data) {
  const tarball = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
  const { messages, pkg } = await publint({
    pack: { tarball },
    level: 'suggestion',
    strict: true,
  });
  return messages.map((message) => formatMessage(message, pkg));
}

async function checkTypes(data) {
  const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(data)));
  return analysis.types ? groupProblemsByKind(analysis.problems) : { none: 'it has no types' };
}

const found = [];
for (const file of process.argv.slice(2)) {
  const data = readFileSync(file);
  found.push({ publint: await lint(data), types: await checkTypes(data) });
}
console.log(JSON.stringify(found));
