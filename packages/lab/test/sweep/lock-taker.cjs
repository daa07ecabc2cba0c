// SPDX-License-Identifier: GPL-2.0-only
// A process that wants each lock of a folder, at the same instants as others: args are the folder, and the number of locks.
'use strict';
require('../../../../register.cjs');
const path = require('node:path');
const { locked } = require('../../src/sweep/lock');

const [folder, count] = process.argv.slice(2);
process.on('message', (begin) => {
  const taken = [];
  for (let i = 0; i < Number(count); i++) {
    // All want it in the same instant.
    while (Date.now() < begin + 4 * i);
    try {
      locked(path.join(folder, String(i)));
      taken.push(i);
    } catch (error) {
      if (!error.message.includes('another sweep writes into this folder')) throw error;
    }
  }
  // It lives on, as it listens: what it has is not stale.
  process.send(taken);
});
process.send('ready');
