// SPDX-License-Identifier: GPL-2.0-only
// What --json prints of text that is not ours.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { cli, withFolder } from './run-cli';

describe('--json', () => {
  it('escapes what a terminal obeys, and means the same text', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'evil.txt');
      const device = '0000:09\u009b31m\u202e\u061c';
      const fields = `${device} dir=TO_DEVICE dma_addr=f000 size=`;
      writeFileSync(
        file,
        ` a-1 [000] ..... 1.000001: dma_map_phys: ${fields}4096 phys_addr=7000 attrs=\n` +
          ` a-1 [000] ..... 1.000002: dma_unmap_phys: ${fields}2048 attrs=\n`,
      );
      const { out } = await cli('replay', file, '--json');
      expect(out).to.include('"0000:09\\u009b31m\\u202e\\u061c"');
      // oxlint-disable-next-line no-control-regex -- those are what is looked for
      expect(out).not.to.match(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u202e]/);
      expect(JSON.stringify(JSON.parse(out))).to.include(`"${device}"`);
    }));
});
