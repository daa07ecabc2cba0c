// SPDX-License-Identifier: GPL-2.0-only
// A long trace needs no more memory than a short one.

import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { withFolder } from '../commands/run-cli';
import { replayTraces } from '../../src/compare';

const LONG = process.env['TEST_LONG'] === '1';

/** Mappings all over a terabyte of memory, 32 at a time, some never unmapped before their address is used again. */
async function writeLong(path: string, mappings: number): Promise<void> {
  const out = createWriteStream(path);
  const hex = (n: number): string => n.toString(16);
  let us = 1_000_000;
  const line = (text: string): string => {
    us += 50;
    const time = `${String(Math.floor(us / 1e6))}.${String(us % 1e6).padStart(6, '0')}`;
    return ` fio-${String(us % 900)} [000] ..... ${time}: ${text}\n`;
  };
  for (let i = 0; i < mappings; i++) {
    const dma = hex(0xff000000 + (i % 32) * 0x20000);
    let text = '';
    if (i >= 32 && i % 100 !== 0)
      text += line(
        `dma_unmap_page: 0000:00:05.0 dir=FROM_DEVICE dma_addr=${dma} size=65536 attrs=`,
      );
    const phys = hex(((i * 7919) % 2 ** 24) * 65536);
    text += line(
      `dma_map_page: 0000:00:05.0 dir=FROM_DEVICE dma_addr=${dma} size=65536 phys_addr=${phys} attrs=`,
    );
    if (!out.write(text)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}

/** Bytes that are really held, typed arrays included. */
function memoryInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe('the memory of a replay @long', function () {
  this.timeout(400_000);
  if (LONG)
    it('does not grow with the length of the trace', () =>
      withFolder(async (folder) => {
        const peaks: number[] = [];
        for (const mappings of [15_000, 60_000]) {
          const path = join(folder, 'long.trace.txt');
          await writeLong(path, mappings);
          let peak = 0;
          let batches = 0;
          const document = await replayTraces([path], {
            patches: [0, 4],
            config: null,
            params: null,
            mostDifferences: 10,
            progress: () => {
              if (batches++ % 15 === 0) peak = Math.max(peak, memoryInUse());
            },
          });
          expect(document.states[1]?.map_calls).to.equal(mappings);
          expect(document.trace.never_unmapped).to.be.above(mappings / 100);
          peaks.push(peak);
        }
        const [short = 0, long = 0] = peaks;
        // Some 90 bytes of each further mapping.
        expect(long - short).to.be.below(4 * 2 ** 20);
      }));
});
