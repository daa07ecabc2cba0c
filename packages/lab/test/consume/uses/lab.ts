// SPDX-License-Identifier: GPL-2.0-only
// A typed use of lab, compiled and run outside the repository.

import { type CommandIo, type ExitStatus, type SeriesDocument, run } from '@iommu-bounce/lab';

let out = '';
let err = '';
const io: CommandIo = {
  out: (text) => {
    out += text;
  },
  err: (text) => {
    err += text;
  },
  errIsTerminal: false,
};

export async function use(): Promise<void> {
  const fine: ExitStatus = await run(['series', '--json'], io);
  if (fine !== 0 || !out.includes('"probes"')) throw new Error(`series: ${String(fine)} ${out}`);
  const { probes } = JSON.parse(out) as SeriesDocument;
  out = '';
  await run(['schema', 'series'], io);
  if (probes.length !== 4 || !out.includes('urn:iommu-bounce:series:1'))
    throw new Error(`schema: ${out}`);
  const wrong: ExitStatus = await run(['nonsense'], io);
  if (wrong !== 2 || !err.startsWith('iommu-bounce: '))
    throw new Error(`nonsense: ${String(wrong)} ${err}`);
}

void use();
