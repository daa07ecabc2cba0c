// SPDX-License-Identifier: GPL-2.0-only
// The command from a program: replays a transcript, as `iommu-bounce verify --json` does, and looks at the document.
'use strict';
const { run } = require('@iommu-bounce/lab');

let out = '';
const io = {
  out: (text) => (out += text),
  err: (text) => process.stderr.write(text),
  errIsTerminal: false,
};
void run(['verify', '--json', ...process.argv.slice(2)], io).then((status) => {
  if (out === '') return; // bad usage: the line above says what was expected
  const { passed, failed } = JSON.parse(out);
  console.log(`status ${status}: ${passed} passed, ${failed} failed`);
});
