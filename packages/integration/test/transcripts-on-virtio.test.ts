// SPDX-License-Identifier: GPL-2.0-only
// What the real C did on a table, the port does on virtio-iommu too: same addresses, driver calls and bytes. And behind it
// VFIO holds just what is mapped, after each operation.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { IOMMU_MMIO } from '@iommu-bounce/iommu-core';
import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import { TranscriptRun, mismatchOf, parseTranscript } from '@iommu-bounce/integration';

interface Line {
  readonly op: string;
  readonly ranges?: readonly (readonly [number, number, string])[];
}
interface Header {
  readonly domain: { readonly strict: boolean };
}

const folder = join(__dirname, '..', '..', '..', 'test-fixtures', 'transcripts');
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((f) => f.endsWith('.jsonl'))
  .sort();

/** The driver keeps no others, and a neighbour that differs in one of them is one range with this one. */
function asVirtioKeeps(line: Line): Line {
  if (!line.ranges) return line;
  const ranges: (readonly [number, number, string])[] = [];
  for (const [iova, size, letters] of line.ranges) {
    const prot = letters.replace(/[^rwm]/g, '');
    const [before, bytes, same] = ranges.at(-1) ?? [0, 0, ''];
    if (same === prot && before + bytes === iova)
      ranges[ranges.length - 1] = [before, bytes + size, prot];
    else ranges.push([iova, size, prot]);
  }
  return { ...line, ranges };
}

/** The same on virtio-iommu; null where the C did what depends on the table. */
function onVirtio(text: string): string | null {
  // Windows, deferred attachment, and failures, which count the driver's own allocations.
  if (/"resv_regions"|"deferred_attach":true|"op":"fail"/.test(text)) return null;
  const [header, ...lines] = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  const { domain } = header as Header;
  // The driver of 5.14 has no flush queue.
  if (!domain.strict) return null;
  const changed = {
    ...(header as Header),
    version: 2,
    domain: { ...domain, has_flush_all: false, driver: 'virtio' },
  };
  const others = lines.map((line) => asVirtioKeeps(line as Line));
  return [changed, ...others].map((line) => JSON.stringify(line)).join('\n');
}

/** Takes as long as a third of the others together. */
const SLOWEST = 'rcache-depot-overflow';

describe('the transcripts of the real C, on virtio-iommu', () => {
  let compared = 0;
  for (const file of files) {
    const text = onVirtio(readFileSync(join(folder, file), 'utf8'));
    if (text === null) continue;
    compared++;
    it(`agree: ${file}${file.includes(SLOWEST) ? ' @long-only' : ''}`, () => {
      const run = new TranscriptRun(parseTranscript(text));
      while (run.next) {
        expect(mismatchOf(run.step())).to.equal(null);
        // Registers are mapped, not pinned. All devices of a transcript of version 1 are in one domain.
        const held = run.iommu
          .ranges(run.domain)
          .reduce((sum, { size, prot }) => (prot & IOMMU_MMIO ? sum : sum + size / PAGE_SIZE), 0);
        expect(run.iommu.pinnedPages(), `line ${String(run.at + 1)}`).to.equal(
          held * run.devices.size,
        );
      }
    });
  }

  it('are half of all', () => {
    expect(compared).to.be.at.least(54);
  });
});
