// SPDX-License-Identifier: GPL-2.0-only
// Steps that the first reading keeps drive the machines as those of a second reading of the files do.

import { join } from 'node:path';
import { expect } from 'chai';
import { replayTraces } from '../../src/compare';
import { MOST_KEPT, surveyFiles } from '../../src/compare/survey-files';

const FIXTURES = join(__dirname, '../../../../test-fixtures');
const CAPTURES = [
  'traces/virtio.nvme-mixed.trace.txt.gz',
  'traces/virtio.net-tx.trace.txt.gz',
  'captures/dma-iova.trace.txt',
] as const;
const OPTIONS = {
  ...{ patches: [0, 4] as const, config: null, params: null, mostDifferences: 10 },
  progress: () => undefined,
};

const isKept = async (name: string, mostKept = MOST_KEPT): Promise<boolean> => {
  const file = join(FIXTURES, name);
  return (
    (await surveyFiles([{ file, facts: null, ignored: null }], OPTIONS, mostKept)).kept !== null
  );
};

describe('a replay of steps that the first reading kept', () => {
  for (const name of CAPTURES)
    it(`has the figures of a second reading: ${name}${name.includes('nvme') ? ' @long-only' : ''}`, async () => {
      expect(await isKept(name)).to.equal(true);
      const files = [join(FIXTURES, name)];
      // What goes on over time is told by the lines, so the files are read again.
      const again = await replayTraces(files, { ...OPTIONS, overTime: () => undefined });
      expect(await replayTraces(files, OPTIONS)).to.deep.equal(again);
    });

  it('is not made where the second reading knows more: decisions of a pool', async () => {
    expect(await isKept('traces/series/iobuf-def.read-4k.trace.txt.gz')).to.equal(false);
  });

  it('is not made where the second reading knows more: the devices of requests without a call', async () => {
    expect(await isKept('captures/without-calls.trace.txt')).to.equal(false);
  });

  it('is not made if nobody wants it, or of more steps than may be kept', async () => {
    expect(await isKept(CAPTURES[0], 0)).to.equal(false);
    expect(await isKept(CAPTURES[0], 1)).to.equal(false);
  });
});
