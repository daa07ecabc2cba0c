// SPDX-License-Identifier: GPL-2.0-only
// The quick parser of bytes beside the parser of text: what it accepts is the same event, of whole and of damaged lines.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '@iommu-bounce/linux-shim/testing';
import { expect } from 'chai';
import type { FormatName } from '../src';
import { LineParser } from '../src/parse-line';
import { QuickLines } from '../src/quick/quick-lines';

const LONG = process.env['TEST_LONG'] === '1';
const FIXTURES = join(__dirname, '../../../test-fixtures');
const SEED = Number(process.env['QUICK_SEED'] ?? 12);

interface Line {
  readonly text: string;
  readonly format: FormatName;
}

/** Lines of real captures, each with the format of those above it. */
function linesOf(folder: string): Line[] {
  return readdirSync(join(FIXTURES, folder))
    .filter((name) => name.endsWith('.txt'))
    .flatMap((name) => {
      const parser = new LineParser();
      return readFileSync(join(FIXTURES, folder, name), 'latin1')
        .split('\n')
        .flatMap((text, i) => {
          parser.parse(text, i + 1);
          return parser.format === null ? [] : [{ text, format: parser.format.name }];
        });
    });
}

const HEAD = '             fio-291   [001] .....    34.004653: ';
const RAW_HEAD = '             fio-291   [001]-0x9    34.004653: ';
const PERF_HEAD = '             fio     291 [001]    34.004655: ';
const PROBE_HEAD = '34004654000 1 fio 291 ';
const DEVICE = '0000:00:05.0';
/** Each has to be quick, in its format. */
const USUAL: readonly (readonly [FormatName, string])[] = [
  [
    'ftrace',
    `${HEAD}map: IOMMU: iova=0x00000000ff098000 - 0x00000000ff0a0000 paddr=0x00000000119a8000 size=32768`,
  ],
  ['ftrace', `${HEAD}unmap: IOMMU: iova=0x0000 size=32768 unmapped_size=32768\r`],
  [
    'ftrace',
    `${HEAD}dma_map_page: ${DEVICE} dir=TO_DEVICE dma_addr=ffff098000 size=32768 phys_addr=119a8000 attrs=`,
  ],
  [
    'ftrace',
    `${HEAD}dma_map_phys: ${DEVICE} dir=NONE dma_addr=1f size=1 phys_addr=119a8000 attrs=MMIO|SKIP_CPU_SYNC`,
  ],
  [
    'ftrace',
    `${HEAD}dma_unmap_page: ${DEVICE} dir=BIDIRECTIONAL dma_addr=ff098000 size=4096 attrs=`,
  ],
  [
    'ftrace',
    `${HEAD}dma_map_sg: ${DEVICE} dir=FROM_DEVICE nents=2/2 ents=1/1 dma_addrs={0xff00} sizes={0x2000} phys_addrs={0x1000,0x2000} attrs=`,
  ],
  ['ftrace', `${HEAD}dma_unmap_sg: ${DEVICE} dir=FROM_DEVICE phys_addrs={} attrs=SKIP_CPU_SYNC`],
  ['ftrace', `${HEAD}dma_sync_single_for_cpu: ${DEVICE} dir=FROM_DEVICE dma_addr=ff098000 size=66`],
  [
    'ftrace',
    `${HEAD}dma_iova_try_alloc: (dma_iova_try_alloc+0x4/0x2c0) name="${DEVICE}" state=0xff48733bff148000 phys=0x114a8000 size=4096`,
  ],
  [
    'ftrace',
    `${HEAD}dma_iova_link: (dma_iova_link+0x4/0x2c0) name="${DEVICE}" addr=0xff148000 dev=0xff48733bc1c170c8 state=0xff48733bff148000 phys=290095104 offset=0 size=4096 dir=1 attrs=0`,
  ],
  [
    'ftrace',
    `${HEAD}dma_iova_destroy: (dma_iova_destroy+0x4/0x2c0) name="${DEVICE}" addr=0xff148000 dev=0xff48733bc1c170c8 state=0x1 mapped_len=16384 dir=1 attrs=0`,
  ],
  [
    'trace-cmd',
    `${HEAD}map:                  IOMMU: iova=0x00ff098000 - 0x00ff0a0000 paddr=0x119a8000 size=32768`,
  ],
  [
    'trace-cmd',
    `${RAW_HEAD}map:                  iova=0x00000000ff098000 paddr=0x00000000119a8000 size=32768`,
  ],
  [
    'trace-cmd',
    `${RAW_HEAD}unmap:                  iova=0x00000000ff098000 size=32768 unmapped_size=0`,
  ],
  [
    'trace-cmd',
    `${RAW_HEAD}dma_map_page:         device=${DEVICE} phys_addr=119a8000 dma_addr=ff098000 size=32768 dir=1 attrs=0x20`,
  ],
  [
    'trace-cmd',
    `${RAW_HEAD}dma_unmap_page:         device=${DEVICE} addr=ff098000 size=32768 dir=1 attrs=0x0`,
  ],
  [
    'perf',
    `${PERF_HEAD}               iommu:map: IOMMU: iova=0x00ff098000 - 0x00ff0a0000 paddr=0x119a8000 size=32768`,
  ],
  [
    'perf',
    `${PERF_HEAD}        dma:dma_map_page: ${DEVICE} dir=TO_DEVICE dma_addr=ff098000 size=32768 phys_addr=119a8000 attrs=`,
  ],
  ['bpftrace', `${PROBE_HEAD}tracepoint:iommu:map iova=0xff098000 paddr=0x119a8000 size=32768`],
  [
    'bpftrace',
    `${PROBE_HEAD}tracepoint:dma:dma_unmap_page dev=${DEVICE} addr=0xff0a0000 size=8192 dir=1 attrs=0x0`,
  ],
];

/** What stands in lines, and what might. */
const PIECES = [
  ' ',
  '  ',
  '=',
  '"',
  "'",
  ':',
  '-',
  '/',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  ',',
  '|',
  '.',
  '\t',
  '\r',
  '#',
  '<',
  '+',
  'é',
  '\0',
].concat(
  [
    '0',
    '1',
    '9',
    'f',
    'F',
    'x',
    '0x',
    'ffffffffffffffff',
    '99999999999999999',
    '_',
    'dir',
    ' dir=',
    ' size=1',
    ' addr=1',
    ' dma_addr=1',
  ],
  [
    ' device=a',
    ' dev=b',
    ' name="c"',
    ' state="d e"',
    ' attrs=',
    'MMIO',
    'NONE',
    'attrs=X',
    'IOMMU: ',
    'obs_',
    '[FAILED TO PARSE]',
  ],
);

describe('QuickLines', () => {
  const lines = [...linesOf('formats'), ...linesOf('lint'), ...linesOf('captures')].concat(
    USUAL.map(([format, text]) => ({ format, text })),
  );
  const quick = new QuickLines();
  /** The parser of text in the state after a line of the format. */
  const parserIn = new Map<FormatName, string>();
  for (const { text, format } of lines) {
    const parser = new LineParser();
    parser.parse(text, 1);
    if (parser.format?.name === format && !parserIn.has(format)) parserIn.set(format, text);
  }

  function check(text: string, format: FormatName, says: string): boolean {
    const bytes = Buffer.from(`${text}\nnext`, 'utf8');
    const event = quick.parse(bytes, 0, 7, format);
    if (event === null) return false;
    const parser = new LineParser();
    parser.parse(parserIn.get(format) ?? '', 1);
    expect(parser.format?.name, says).to.equal(format);
    expect(event, `${says}: ${JSON.stringify(text)}`).to.deep.equal(parser.parse(text, 7));
    expect(quick.next, says).to.equal(bytes.length - 'next'.length);
    return true;
  }

  for (const [format, text] of USUAL)
    it(`reads ${format}: ${text
      .slice(text.indexOf(': ') + 1)
      .trim()
      .slice(0, 60)}`, () => {
      expect(check(text, format, 'usual')).to.equal(true);
    });

  it('reads lines of all formats as the parser of text does', () => {
    const read = lines.filter(({ text, format }) => check(text, format, format));
    expect(new Set(read.map(({ format }) => format)).size).to.equal(4);
    expect(read.length).to.be.greaterThan(lines.length / 3);
  });

  it('accepts no damaged line that the parser of text reads otherwise @long-only', () => {
    const source = random(SEED);
    const some = lines.filter(({ text, format }) => check(text, format, format));
    let accepted = 0;
    for (let run = 0; run < (LONG ? 400_000 : 60_000); run++) {
      const { text, format } = some[source.below(some.length)] as Line;
      const at = source.below(text.length + 1);
      const piece = PIECES[source.below(PIECES.length)] ?? '';
      const over = source.below(3) === 0 ? 0 : source.below(9);
      const damaged = text.slice(0, at) + piece + text.slice(at + over);
      if (
        !damaged.includes('\n') &&
        check(damaged, format, `QUICK_SEED=${String(SEED)} run ${String(run)}`)
      )
        accepted++;
    }
    expect(accepted).to.be.greaterThan(1000);
  });
});
