// SPDX-License-Identifier: GPL-2.0-only
// What every verb that reads captures does around its work: pipes are copied into files, progress is shown, both are cleared away.

import type { CommandIo } from '../io';
import { type OnProgress, Progress } from '../progress';
import { spool } from '../spool';

/**
 * @param verb in front of the progress
 * @param files paths; - is stdin
 * @param use `pathOf` says where the bytes of a file lie while it runs
 * @throws UsageError for a pipe that cannot be copied; what `use` throws
 */
export async function withCaptures<T>(
  io: CommandIo,
  verb: string,
  files: readonly string[],
  use: (pathOf: (file: string) => string, show: OnProgress) => Promise<T>,
): Promise<T> {
  const progress = new Progress(io, verb);
  const { pathOf, drop } = await spool(files);
  try {
    return await use(pathOf, progress.show);
  } finally {
    drop();
    progress.done();
  }
}
