// SPDX-License-Identifier: GPL-2.0-only
// A typed use of integration, compiled and run outside the repository.

import {
  IO_BUFFER_Y,
  type ProbeRun,
  TranscriptError,
  boot,
  parseTranscript,
  type running_machine,
  runSeries,
} from '@iommu-bounce/integration';

const m: running_machine = boot({ patches: 4, config: IO_BUFFER_Y });
if (m.io_buffer_pool === null) throw new Error('the pool is not linked');

const runs: readonly ProbeRun[] = runSeries();
export const patches: readonly number[] = runs.map((run) => run.patch);
if (patches.join() !== '1,2,3,4') throw new Error(patches.join());

try {
  parseTranscript('no JSON');
  throw new Error('a transcript that is none was accepted');
} catch (error) {
  if (!(error instanceof TranscriptError)) throw error;
}
