// SPDX-License-Identifier: GPL-2.0-only
// What only few runs of the model have: narrow devices, reserved addresses, full caches of addresses, lazy domains side by side, and
// how long buffers are idle. Each break is shown by a few calls; the search finds it too.

import { expect } from 'chai';
import { type overlays, parseTranscript, replay } from '@iommu-bounce/integration';
import { checkModel } from '@iommu-bounce/safety';
import { endRun } from '../../src/model/ending';
import { GroupChanges } from '../../src/model/group-changes';
import { ModelRun } from '../../src/model/model-run';
import { PLAIN, RARE_MUTANTS, type RareMutant } from './rare-mutants';

const LONG = process.env['TEST_LONG'] === '1';

/** What the model says of a few calls; null: nothing is wrong. */
function said({ driver = 'table', machine, show }: RareMutant, over: overlays): string | null {
  const run = new ModelRun({ ...PLAIN, ...machine, driver }, over);
  try {
    run.start();
    show(run);
    endRun(run, new GroupChanges(run));
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('rare runs of the model', () => {
  for (const mutant of RARE_MUTANTS)
    it(`tell a kernel that ${mutant.what}`, () => {
      expect(said(mutant, mutant.overlays)).to.match(mutant.found);
      expect(said(mutant, {})).to.equal(null);
    });

  for (const { what, overlays, found, seed, driver } of LONG ? RARE_MUTANTS : [])
    it(`find a kernel that ${what}, with a transcript that shows it @long`, function () {
      this.timeout(400_000);
      const { failure } = checkModel({
        ...{ seed, operations: 20_000, overlays },
        ...(driver ? { driver } : {}),
      });
      expect(failure?.what).to.match(found);
      const transcript = parseTranscript(failure?.transcript ?? '');
      expect(replay(transcript).mismatch).to.equal(null);
      const last = transcript.ops.length + 1;
      expect(replay(transcript, { overlays }).mismatch).to.include({ line: last });
    });
});
