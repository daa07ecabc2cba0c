// SPDX-License-Identifier: GPL-2.0-only
// A spec of a sweep: its points, and what is refused before anything runs.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { columnOf, valueOf } from '../../src/sweep/columns';
import { DocumentSchema } from '../../src/sweep/json-schema';
import { randomOrder } from '../../src/sweep/permutation';
import { schemaText } from '../../src/schema-files';
import { run } from '@iommu-bounce/lab';
import { cli, withFolder } from '../commands/run-cli';

/** What --dry-run prints: the number, and a command line for each point, without hashes. */
async function points(spec: string): Promise<{ count: string; lines: string[]; hashes: string[] }> {
  const { status, out, err } = await dryRun(spec);
  expect(err).to.equal('');
  expect(status).to.equal(0);
  const [count = '', ...rest] = out.trimEnd().split('\n');
  return {
    count,
    hashes: rest.map((line) => line.slice(0, 32)),
    lines: rest.map((line) => line.slice(33).replace('iommu-bounce ', '')),
  };
}

function dryRun(spec: string): ReturnType<typeof cli> {
  return withFolder((folder) => {
    const file = join(folder, 's.yaml');
    writeFileSync(file, spec);
    return cli('sweep', file, '--dry-run').then((result) => ({
      ...result,
      err: result.err.replaceAll(`${folder}/`, ''),
    }));
  });
}

const FIO = 'verb: fio\ncolumns: ["runs[0].iops"]\n';
const NET = 'verb: net\ncolumns: [preset]\n';

describe('a spec of a sweep', () => {
  it('is a matrix, whose first axis changes slowest', async () => {
    const { count, lines, hashes } = await points(
      `${FIO}args: [--no-data]\nmatrix: {policy: [pool, strict], bs: [4k, 16k]}`,
    );
    expect(count).to.equal('4 points');
    expect(lines).to.deep.equal([
      'fio --bs 4k --no-data --policy pool',
      'fio --bs 16k --no-data --policy pool',
      'fio --bs 4k --no-data --policy strict',
      'fio --bs 16k --no-data --policy strict',
    ]);
    expect(new Set(hashes).size).to.equal(4);
  });

  it('is printed in pieces, so that the end of `| head` is heard of', () =>
    withFolder(async (folder) => {
      const file = join(folder, 's.yaml');
      writeFileSync(file, `${FIO}matrix: {seed: {from: 1, to: 5000, step: 1}}`);
      let lines = 0;
      let atFirstRound: number | null = null;
      await run(['sweep', file, '--dry-run'], {
        out: (text) => {
          lines += text.split('\n').length - 1;
          setImmediate(() => (atFirstRound ??= lines));
        },
        err: () => undefined,
        errIsTerminal: false,
      });
      expect(lines).to.equal(5001);
      expect(atFirstRound).to.be.below(lines);
    }));

  it('has ranges with steps and factors', async () => {
    const { lines } = await points(
      `${FIO}matrix: {iodepth: {from: 1, to: 9, factor: 2}, rwmixread: {from: 0, to: 0.3, step: 0.1}}`,
    );
    expect(lines).to.have.length(16);
    expect(lines.slice(0, 5)).to.deep.equal([
      'fio --iodepth 1 --rwmixread 0',
      'fio --iodepth 1 --rwmixread 0.1',
      'fio --iodepth 1 --rwmixread 0.2',
      'fio --iodepth 1 --rwmixread 0.3',
      'fio --iodepth 2 --rwmixread 0',
    ]);
  });

  it('has whole numbers of any length in a range, each once', async () => {
    const { lines, hashes } = await points(
      `${FIO}matrix: {seed: {from: 9007199254740988, to: 9007199254740991, step: 1}}`,
    );
    expect(lines).to.deep.equal([
      'fio --seed 9007199254740988',
      'fio --seed 9007199254740989',
      'fio --seed 9007199254740990',
      'fio --seed 9007199254740991',
    ]);
    expect(new Set(hashes).size).to.equal(4);
  });

  it('is read with anchors, a mark of the byte order and line ends of Windows', async () => {
    const spec = `${FIO}matrix: {bs: &all [4k, 8k], iodepth: [1, 2]}\nexclude: [{bs: *all, iodepth: 2}]\n`;
    const { lines, hashes } = await points(spec);
    expect(lines).to.deep.equal(['fio --bs 4k --iodepth 1', 'fio --bs 8k --iodepth 1']);
    expect(await points(`\ufeff${spec.replaceAll('\n', '\r\n')}`)).to.deep.include({ hashes });
  });

  it('puts axes into arguments, settings and switches', async () => {
    const { lines } = await points(
      [
        'verb: net',
        'columns: [preset]',
        'args: [rx, "--packets={n}000"]',
        'matrix: {n: [1, 2], set.vmexitNs: [1000], data: [false, true], fix: [null, zero-fill]}',
        'exclude: [{n: 2, data: [true]}]',
      ].join('\n'),
    );
    expect(lines).to.deep.equal([
      'net rx --no-data --packets 1000 --set vmexitNs=1000',
      'net rx --fix zero-fill --no-data --packets 1000 --set vmexitNs=1000',
      'net rx --packets 1000 --set vmexitNs=1000',
      'net rx --fix zero-fill --packets 1000 --set vmexitNs=1000',
      'net rx --no-data --packets 2000 --set vmexitNs=1000',
      'net rx --fix zero-fill --no-data --packets 2000 --set vmexitNs=1000',
    ]);
  });

  it('keeps the text of what looks like a number', async () => {
    const { lines } = await points(`${FIO}matrix: {base: [5.10, 5.1, "5.13"]}`);
    expect(lines.map((line) => line.slice(11))).to.deep.equal(['5.10', '5.1', '5.13']);
  });

  it('includes more points, each once, and excludes none of these', async () => {
    const { count, lines } = await points(
      [
        FIO + 'matrix: {bs: [4k, 8k], iodepth: [1, 2]}',
        'exclude: [{bs: 8k}]',
        'include:',
        '- {bs: 4k, iodepth: 2}',
        '- {bs: [8k, 64k], numjobs: 4}',
        '- {bs: 64k, numjobs: 4}',
      ].join('\n'),
    );
    expect(count).to.equal('4 points');
    expect(lines).to.deep.equal([
      'fio --bs 4k --iodepth 1',
      'fio --bs 4k --iodepth 2',
      'fio --bs 8k --numjobs 4',
      'fio --bs 64k --numjobs 4',
    ]);
  });

  it('takes random points: the same for a seed, others for another, each once', async () => {
    const spec = (seed: number): string =>
      `${FIO}sample: 50\nseed: ${String(seed)}\nmatrix: {iodepth: {from: 1, to: 1000, step: 1}, numjobs: {from: 1, to: 1000000, step: 1}}`;
    const [one, same, other] = [
      await points(spec(1)),
      await points(spec(1)),
      await points(spec(2)),
    ];
    expect(one.count).to.equal('50 points');
    expect(new Set(one.lines).size).to.equal(50);
    expect(same).to.deep.equal(one);
    expect(other.lines.filter((line) => one.lines.includes(line)).length).to.be.below(5);
    // They lie everywhere, not only at the beginning.
    const depths = one.lines.map((line) => Number(/--iodepth (\d+)/.exec(line)?.[1]));
    expect(depths.filter((depth) => depth > 500).length).to.be.within(10, 40);
  });

  it('takes all there are where the sample is larger, without the excluded ones', async () => {
    const { count, lines } = await points(
      `${FIO}sample: 50\nmatrix: {iodepth: {from: 1, to: 9, step: 1}}\nexclude: [{iodepth: [3, 4]}]`,
    );
    expect(count).to.equal('7 points');
    expect(new Set(lines).size).to.equal(7);
  });

  it('has one hash for a point however it is spelt', async () => {
    const [a, b] = [
      await points(`${FIO}args: [--number_ios=50, --no_data]\nmatrix: {bs: [4k]}`),
      await points(`${FIO}args: [--no-data]\nmatrix: {bs: [4k], number-ios: [50]}`),
    ];
    expect(a).to.deep.equal(b);
  });

  const REFUSED: readonly (readonly [what: string, spec: string, message: string])[] = [
    ['an empty file', '', 's.yaml:1:1: expected a mapping with verb, matrix and columns'],
    ['broken YAML', 'verb: fio\nargs: [', 's.yaml:2:'],
    [
      'a path in brackets without quotes',
      'verb: fio\ncolumns: [runs[0].iops]',
      's.yaml:2:15: Missing , or : between flow sequence items; expected quotes around a path',
    ],
    [
      'a path in braces without quotes',
      'verb: fio\ncolumns: {a: runs[0].iops}',
      's.yaml:2:18: Unexpected flow-seq-start at node end; expected quotes around a path',
    ],
    ['a name twice', 'verb: fio\nverb: net', 's.yaml:2:1: Map keys must be unique'],
    ['another key', `${FIO}matrx: {}`, "s.yaml:3:1: 'matrx': expected one of verb, args, matrix"],
    ['a verb without --json', 'verb: man', 's.yaml:1:7: expected one of advise, '],
    ['a verb that writes files', 'verb: demo', 's.yaml:1:7: expected one of '],
    ['another', 'verb: anonymise', 's.yaml:1:7: expected one of '],
    ['no matrix', FIO, 's.yaml:1:1: expected a matrix or include'],
    [
      'another option',
      `${FIO}matrix: {blocksize: [4k]}`,
      's.yaml:3:10: fio has no option --blocksize that a sweep can vary; expected one of --policy',
    ],
    [
      'an option of output',
      `${FIO}args: [--report, x]\nmatrix: {bs: 4k}`,
      's.yaml:3:8: fio has no option --report',
    ],
    [
      'an option twice',
      `${FIO}args: [--bs, 4k]\nmatrix: {bs: 4k}`,
      's.yaml:4:10: bs: --bs is there already',
    ],
    [
      'a place without an axis',
      `${FIO}args: ["{bss}"]\nmatrix: {bs: 4k}`,
      's.yaml:3:8: {bss}: expected an axis of the matrix: bs',
    ],
    [
      'an option without its value',
      `${FIO}args: [--bs]\nmatrix: {iodepth: 4}`,
      's.yaml:3:8: --bs: expected a value after it',
    ],
    [
      'stdin',
      `verb: replay\ncolumns: [driver]\nmatrix: {patches: 4}\nargs: ["-"]`,
      's.yaml:4:8: replay has no option -',
    ],
    [
      'a value for a switch',
      `${FIO}matrix: {data: [1]}`,
      's.yaml:3:10: data: --no-data takes no value; expected true, false or null',
    ],
    ['a value twice', `${FIO}matrix: {bs: [4k, 8k, 4k]}`, "s.yaml:3:23: bs: '4k' is there twice"],
    [
      'a list in a list',
      `${FIO}matrix: {bs: [[4k]]}`,
      's.yaml:3:15: expected a text, a number, true, false or null',
    ],
    [
      'a range without an end',
      `${FIO}matrix: {iodepth: {from: 1, step: 1}}`,
      's.yaml:3:19: iodepth: expected a range {from, to, step}',
    ],
    [
      'a range that never ends',
      `${FIO}matrix: {iodepth: {from: 1, to: 9, step: 0}}`,
      's.yaml:3:42: expected iodepth: a number, from',
    ],
    [
      'a factor of 1',
      `${FIO}matrix: {iodepth: {from: 1, to: 9, factor: 1}}`,
      's.yaml:3:19: iodepth: expected a factor above 1',
    ],
    [
      'too many points',
      `${FIO}matrix: {iodepth: {from: 1, to: 10000, step: 1}, numjobs: {from: 1, to: 10000, step: 1}}`,
      's.yaml:3:1: 100000000 points, expected at most 10000000; sample takes some of them',
    ],
    [
      'excluding what is not there',
      `${FIO}matrix: {bs: [4k, 8k]}\nexclude: [{bs: [4k, 4m]}]`,
      "s.yaml:4:21: bs: the matrix has no '4m'",
    ],
    [
      'excluding all',
      `${FIO}matrix: {bs: [4k]}\nexclude: [{bs: 4k}]`,
      's.yaml:4:10: there is no point',
    ],
    [
      'no columns',
      'verb: fio\nmatrix: {bs: 4k}',
      's.yaml:1:1: expected columns: paths into what fio --json prints',
    ],
    [
      'a column with a typing mistake',
      `verb: fio\nmatrix: {bs: 4k}\ncolumns:\n- preset\n- runs[policy=pool].bandwith`,
      "s.yaml:5:3: column runs[policy=pool]: has no field 'bandwith'; expected one of ",
    ],
    [
      'a column that is a list',
      `${NET}matrix: {packets: 1000}`.replace('preset', 'runs'),
      's.yaml:2:11: column runs: is a list; expected an element of it',
    ],
    [
      'a preset that does not exist, in a column',
      `verb: fio\nmatrix: {bs: 4k}\ncolumns: ["runs[preset=x].iops"]`,
      "s.yaml:3:11: column runs: has no field 'preset'",
    ],
    [
      'a column named like an axis',
      `verb: fio\nmatrix: {preset: bare-metal-vtd}\ncolumns: [preset]`,
      's.yaml:3:11: column preset: another column, an axis or a field',
    ],
    [
      'a seed that is none',
      `${FIO}seed: -1\nmatrix: {bs: 4k}`,
      's.yaml:3:7: expected a whole seed, from 0',
    ],
    [
      'a range whose values are written alike',
      `${FIO}matrix: {set.vmexitNs: {from: 1000.5, to: 1000.500001, step: 0.000000001}}`,
      's.yaml:3:24: set.vmexitNs: values are alike in 12 digits; expected larger steps',
    ],
    [
      'standard input under another name',
      `${FIO}args: [/dev/fd/0]\nmatrix: {bs: 4k}`,
      's.yaml:3:8: stdin can be read by one point only',
    ],
    [
      'an operand that the command would take for an option',
      "verb: replay\nargs: ['{capture}']\nmatrix: {capture: [a.txt, -x]}\ncolumns: [policies]",
      "s.yaml:3:10: capture: '-x' would be an option; expected ./-x",
    ],
    [
      'a second document',
      `${FIO}matrix: {bs: 4k}\n---\nverb: net`,
      's.yaml:4:1: another document begins; expected one',
    ],
    ['a tag that it does not know', `${FIO}matrix: {bs: !own 4k}`, 's.yaml:3:14: Unresolved tag'],
    [
      'an axis that --jobs would be: rows are the same',
      'verb: calibrate\nmatrix: {jobs: [1, 2]}\ncolumns: [seed]',
      's.yaml:2:10: calibrate has no option --jobs that a sweep can vary',
    ],
    ['an empty list', `${FIO}matrix: {bs: []}`, 's.yaml:3:14: bs: expected a value, a list'],
    ['a broken anchor', `${FIO}matrix: *x`, 's.yaml:3:9: '],
  ];
  for (const [what, spec, message] of REFUSED)
    it(`refuses ${what}, with file, line and column`, async () => {
      const { status, out, err } = await dryRun(spec);
      expect([status, out]).to.deep.equal([2, '']);
      expect(err.startsWith(`iommu-bounce: ${message}`), err).to.equal(true);
      expect(err.split('\n')).to.have.length(2);
    });
});

describe('a random order', () => {
  it('has each number once, for any length and seed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 0, max: 2 ** 31 - 1 }),
        (n, seed) => {
          const at = randomOrder(n, seed);
          const all = Array.from({ length: n }, (_, i) => at(i)).sort((a, b) => a - b);
          expect(all).to.deep.equal(Array.from({ length: n }, (_, i) => i));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('stays within the largest range', () => {
    const at = randomOrder(2 ** 52, 7);
    for (let i = 0; i < 100; i++) expect(at(i)).to.be.within(0, 2 ** 52 - 1);
  });
});

describe('a column', () => {
  const fio = new DocumentSchema(schemaText('fio'));
  const value = (path: string, document: unknown): unknown =>
    valueOf(columnOf('c', path, fio), document);
  const runs = [
    { policy: 'strict', iops: 1, latency_ns: { p99: 5 } },
    { policy: 'pool', iops: 2.5, latency_ns: { p99: 6 } },
  ];

  it('finds a field, an element by its number, and one by its fields', () => {
    expect(value('preset', { preset: 'laptop-virtio' })).to.equal('laptop-virtio');
    expect(value('runs[1].iops', { runs })).to.equal(2.5);
    expect(value('runs[policy=pool].iops', { runs })).to.equal(2.5);
    expect(value('runs[policy=pool,iops=2.50].latency_ns.p99', { runs })).to.equal(6);
    expect(value('runs[latency_ns.p99=5].policy', { runs })).to.equal('strict');
  });

  it('is null where a document has nothing there', () => {
    expect(value('runs[2].iops', { runs })).to.equal(null);
    expect(value('runs[policy=lazy].iops', { runs })).to.equal(null);
    expect(value('runs[policy=lazy].iops', {})).to.equal(null);
  });

  it('is no guess: several elements that fit are an error', () => {
    expect(() => value('runs[policy=pool].iops', { runs: [...runs, ...runs] })).to.throw(
      'column c: 2 elements are [policy=pool]. expected one',
    );
  });

  it('is refused where the schema has an enumeration without its value', () => {
    const breakeven = new DocumentSchema(schemaText('breakeven'));
    expect(() =>
      columnOf('c', 'sensitivity[name=vmexitNs].at[copying_wins=nevver].value', breakeven),
    ).to.throw("copying_wins is never 'nevver'");
  });

  it('knows its kind from the schema', () => {
    expect(columnOf('c', 'runs[0].iops', fio).kind).to.equal('number');
    expect(columnOf('c', 'preset', fio).kind).to.equal('string');
    expect(columnOf('c', 'data_moved', fio).kind).to.equal('boolean');
  });
});
