// SPDX-License-Identifier: GPL-2.0-only
// A thread that does what a test says: args are a word and a file that counts the tries.
'use strict';
const { appendFileSync, statSync } = require('node:fs');

module.exports = ({ args: [what, file] }) => {
  appendFileSync(file, '.');
  const tries = statSync(file).size;
  if (what === 'dies' || (what === 'dies-once' && tries === 1)) process.exit(9);
  if (what === 'fails' || (what === 'fails-twice' && tries < 3)) throw new Error('no\nway');
  return { status: 0, values: [what] };
};
