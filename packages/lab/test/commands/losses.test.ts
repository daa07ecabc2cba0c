// SPDX-License-Identifier: GPL-2.0-only
// What a capture lacks is told by all verbs that read it, in the same words and fields.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { LossSection } from '@iommu-bounce/lab';
import { mapLine } from '../../../dma-trace/test/temp-files';
import { cli, cliOn, withFolder } from './run-cli';

const call = (us: number, text: string): string =>
  ` job-7 [000] ..... 1.${String(us).padStart(6, '0')}: ${text} attrs=\n`;
const MAP = 'dma_map_page: nvme dir=TO_DEVICE dma_addr=1000 size=4096 phys_addr=2000';
const UNMAP = 'dma_unmap_page: nvme dir=TO_DEVICE dma_addr=1000 size=4096';
const TEXT =
  '# entries-in-buffer/entries-written: 5/9   #P:2\n' +
  mapLine(1_000_001).replace('fio-1', 'job-7') +
  call(5, MAP) +
  'garbage\n' +
  'CPU:0 [LOST 7 EVENTS]\n' +
  call(4, UNMAP) +
  'more\nand more\nand the rest\n';

type Documents = Record<'replay' | 'advise' | 'lint' | 'diff' | 'anonymise', LossSection>;

describe('what a capture lacks', function () {
  this.timeout(60_000);

  it('is the same in the document and the text of each verb', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'x.txt');
      const other = join(folder, 'y.txt');
      writeFileSync(file, TEXT);
      writeFileSync(other, TEXT.replace('more\nand', 'none\nand'));
      const first = (document: { captures: { losses: LossSection }[] }): LossSection | undefined =>
        document.captures[0]?.losses;
      const runs: [keyof Documents, string[], (document: never) => LossSection | undefined][] = [
        ['replay', [file], first],
        ['advise', [file], first],
        ['lint', [file], first],
        [
          'diff',
          [file, other],
          ({ a }: { a: { capture: { losses: LossSection } } }) => a.capture.losses,
        ],
        [
          'anonymise',
          [file, '-o', join(folder, 'out.txt')],
          ({ files }: { files: { losses: LossSection }[] }) => files[0]?.losses,
        ],
      ];
      const found = new Map<string, LossSection | undefined>();
      for (const [verb, args, of] of runs) {
        const { out } = await cli(verb, ...args, '--json');
        found.set(verb, of(JSON.parse(out) as never));
        const again = args.map((one) => one.replace('out.txt', 'again.txt'));
        const text = await cliOn({ columns: 200 }, verb, ...again);
        for (const line of [
          /4 lines not understood: if these are calls, each figure below lacks them\. First:/,
          /x\.txt:4: garbage/,
          /4 events overwritten before the file was written/,
          /Events lost \(CPU 0: 7\)/,
          /The clock stepped back 1 time, by 1\.0 µs at most/,
          /No line of CPU 1 of the 2 in the header/,
        ])
          expect(text.out, verb).to.match(line);
      }
      const losses = found.get('replay');
      expect(losses?.lines_not_understood.first.map(({ text }) => text)).to.deep.equal([
        'garbage',
        'more',
        'and more',
      ]);
      for (const [verb, one] of found) expect(one, verb).to.deep.equal(losses);
    }));

  it('is told of lines that are there twice; of other programs, and of web pages, that it is none', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'x.txt');
      const page = call(5, MAP).replace('job-7', '&lt;idle&gt;-0');
      const journal = 'Nov 29 11:05:06 box systemd[1]: Started\n';
      for (const [text, says, field] of [
        [
          call(5, MAP) + call(9, UNMAP) + call(5, MAP),
          /1 line is in the file a second time, where the clock steps back \(line 3\): each figure below counts it twice/,
          { repeated_lines: { count: 1, first: [`${file}:3`] } },
        ],
        [
          page + call(9, UNMAP) + journal,
          /Losses: none\.[^]*1 line of other programs \(systemd\) in the journal[^]*1 line with HTML entities/,
          { lines_decoded: 1, other_programs: { lines: 1, names: ['systemd'] } },
        ],
      ] as const) {
        writeFileSync(file, text);
        for (const verb of ['replay', 'lint']) {
          const { out } = await cliOn({ columns: 300 }, verb, file);
          expect(out.replace(/\s+/g, ' '), verb).to.match(says);
          const { captures } = JSON.parse((await cli(verb, file, '--json')).out) as {
            captures: { losses: LossSection }[];
          };
          expect(captures[0]?.losses, verb).to.deep.include(field);
        }
      }
    }));

  it('is nothing where a capture is whole, which each says, too', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'x.txt');
      writeFileSync(file, call(5, MAP) + call(9, UNMAP));
      for (const [verb, ...more] of [
        ['replay'],
        ['advise'],
        ['lint'],
        ['anonymise', '-o', join(folder, 'out.txt')],
      ]) {
        const { out } = await cliOn({ columns: 200 }, verb ?? '', file, ...more);
        expect(out, verb).to.match(/Losses: none\. Every line was understood;/);
      }
    }));
});
