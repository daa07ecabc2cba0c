// SPDX-License-Identifier: GPL-2.0-only
// `anonymise`: the same figures of every verb, no name of before, and nothing half done.

import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { expectSameFigures, namesIn } from './anonymise-figures';
import { RECORDINGS, cli, expectFits, fixtures, skipWithout, withFolder } from './run-cli';

const LONG = process.env['TEST_LONG'] === '1';
const captures = join(fixtures, 'captures');
const formats = join(fixtures, 'formats');
const LINK = join(captures, 'linked-requests.trace.txt');
/** With facts, of a kernel with the series; with losses; with a fault: what `npm test` replays. */
const FEW = [
  join(fixtures, 'traces/series/iobuf-def.randrw-1m.trace.txt.gz'),
  join(formats, 'k6.12.lost.tracecmd3.1.6-report.txt'),
  join(captures, 'fault-after-free.trace.txt'),
];

const textOf = (file: string): string => {
  const bytes = readFileSync(file);
  return (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString('utf8');
};
const filesIn = (folder: string, name = /\.txt(?:\.gz)?$/): string[] =>
  readdirSync(folder)
    .filter((file) => name.test(file))
    .map((file) => join(folder, file));

/** @returns false for what no verb reads */
async function compared(file: string, verbs: readonly (readonly string[])[]): Promise<boolean> {
  return withFolder(async (folder) => {
    const out = join(folder, 'o.trace.txt');
    const { status, err } = await cli('anonymise', file, '-o', out, '--seed', 'test');
    if (status === 2) {
      expect((await cli('lint', file)).status, err).to.equal(2);
      expect(readdirSync(folder)).to.deep.equal([]);
      return false;
    }
    expect(status, file).to.equal(0);
    const [was, is] = [textOf(file), textOf(out)];
    expect(is.split('\n'), file).to.have.length(was.split('\n').length);
    const kept = [...namesIn(was)].filter((name) => namesIn(is).has(name));
    expect(kept, `names of ${file}`).to.deep.equal([]);
    for (const verb of verbs) await expectSameFigures(verb, [file], [out]);
    return true;
  });
}

describe('anonymise', function () {
  this.timeout(170_000);

  it('gives lint the same findings, for each rule @long-only', async () => {
    for (const file of filesIn(join(fixtures, 'lint')))
      expect(await compared(file, [['lint']])).to.equal(true);
  });

  it('gives lint the same findings, for each tool @long-only', async () => {
    for (const file of filesIn(formats, /\.txt$/))
      expect(await compared(file, [['lint']])).to.equal(true);
  });

  it('gives replay the same figures', async () => {
    for (const file of filesIn(captures, /^(?!wrapped).*\.txt$/))
      expect(await compared(file, [['replay', '--patches', '0']])).to.equal(true);
  });

  it('gives the same figures of real captures @long-only', async () => {
    for (const file of FEW) {
      const verbs = [['lint'], ['replay', '--patches', '4']];
      expect(await compared(file, verbs), file).to.equal(true);
    }
  });

  if (LONG)
    for (const folder of ['traces', 'traces/series', 'traces/formats', 'field-cases/replay'])
      it(`gives the same figures of all captures in ${folder} @long`, async function () {
        this.timeout(0);
        skipWithout(folder, this);
        let read = 0;
        for (const file of filesIn(join(RECORDINGS, folder), /^(?!formats-).*\.txt(?:\.gz)?$/))
          if (await compared(file, [['lint'], ['replay', '--patches', '4']])) read++;
        expect(read).to.be.above(0);
      });

  it('renames the files of each CPU alike, in a folder', async () => {
    await withFolder(async (folder) => {
      const lines = textOf(join(formats, 'tracecmd316-k6.12.A.ftrace.txt')).split('\n');
      const head = lines.filter((line) => line.startsWith('#'));
      const files = ['0', '1'].map((cpu) => {
        const file = join(folder, `secret-cpu${cpu}.txt`);
        const own = lines.filter((line) => line.includes(`[00${cpu}]`));
        writeFileSync(file, `${[...head, ...own].join('\n')}\n`);
        return file;
      });
      const out = join(folder, 'out');
      const { status } = await cli('anonymise', ...files, '-o', out, '--seed', '1');
      expect(status).to.equal(0);
      const written = ['capture-1.trace.txt', 'capture-2.trace.txt'];
      expect(readdirSync(out)).to.deep.equal(written);
      await expectSameFigures(
        ['lint'],
        files,
        written.map((name) => join(out, name)),
      );
    });
  });

  it('never replaces the capture that it reads', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'x.trace.txt');
      writeFileSync(file, readFileSync(LINK));
      symlinkSync(file, join(folder, 'link.txt'));
      for (const out of [file, join(folder, '../', basename(folder), 'link.txt')]) {
        const { status, err } = await cli('anonymise', file, '-o', out, '--force');
        expect(status).to.equal(2);
        expect(err).to.match(/^iommu-bounce: .*: is the capture itself; expected another file/);
      }
      expect(textOf(file)).to.equal(textOf(LINK));
    });
  });

  it('is the same with the same seed, and another without one', async () => {
    await withFolder(async (folder) => {
      const made: string[] = [];
      for (const seed of [['--seed', '5'], ['--seed', '5'], ['--seed', '6'], [], []]) {
        const out = join(folder, `${String(made.length)}.trace.txt`);
        expect((await cli('anonymise', LINK, '-o', out, ...seed)).status).to.equal(0);
        made.push(textOf(out));
      }
      expect(made[0]).to.equal(made[1]);
      expect(new Set(made.slice(1))).to.have.property('size', 4);
    });
  });

  it('writes gzip, and the facts beside it', async () => {
    await withFolder(async (folder) => {
      const given = join(folder, 'x.trace.txt');
      writeFileSync(given, textOf(LINK));
      writeFileSync(
        join(folder, 'x.json'),
        JSON.stringify({ kernel_cmdline: 'root=/dev/secret iommu.strict=1', iommu: 'Intel VT-d' }),
      );
      const out = join(folder, 'y.trace.txt.gz');
      const { status, out: said } = await cli('anonymise', given, '-o', out, '--json');
      expect(status).to.equal(0);
      expect(readFileSync(out)[0]).to.equal(0x1f);
      const facts = join(folder, 'y.facts.json');
      expect(JSON.parse(said)).to.deep.include({ same_account: true, differences: [] });
      expect((JSON.parse(said) as { files: object[] }).files[0]).to.include({
        written: out,
        facts,
      });
      expect(JSON.parse(readFileSync(facts, 'utf8'))).to.deep.equal({
        kernel_cmdline: 'iommu.strict=1',
        iommu: 'Intel VT-d',
      });
    });
  });

  it('replaces no file unasked, leaves nothing of what fails, and no foreign facts', async () => {
    await withFolder(async (folder) => {
      const out = join(folder, 'o.trace.txt');
      writeFileSync(out, 'mine');
      const refused = await cli('anonymise', LINK, '-o', out);
      expect([refused.status, readFileSync(out, 'utf8')]).to.deep.equal([2, 'mine']);
      expect(refused.err).to.include('give --force');
      expect((await cli('anonymise', LINK, '-o', out, '--force')).status).to.equal(0);
      expect(textOf(out)).to.include('task1-');
      expect(readdirSync(folder)).to.deep.equal(['o.trace.txt']);

      writeFileSync(join(folder, 'p.json'), '{}');
      expect((await cli('anonymise', LINK, '-o', join(folder, 'p.trace.txt'))).err).to.include(
        'p.json',
      );
      writeFileSync(join(folder, 'bad'), 'no capture\n');
      const bad = await cli('anonymise', join(folder, 'bad'), '-o', join(folder, 'q.txt'));
      expect(bad.status).to.equal(2);
      expect(bad.err).to.include('not a capture').and.not.include('.tmp');
      expect(readdirSync(folder).sort()).to.deep.equal(['bad', 'o.trace.txt', 'p.json']);
      mkdirSync(join(folder, 'r'));
      expect((await cli('anonymise', LINK, '-o', join(folder, 'r'))).err).to.include('is a folder');
      expect((await cli('anonymise', LINK, '-o', '/dev/null', '--force')).err).to.include(
        'is no file',
      );
      expect((await cli('anonymise', LINK, LINK, '-o', join(folder, 's'))).status).to.equal(2);
    });
  });

  it('says what it kept, and what is gone', async () => {
    await withFolder(async (folder) => {
      const given = join(folder, 'x');
      writeFileSync(given, `${textOf(LINK)}a secret line\n# another\n`);
      const { status, out } = await cli('anonymise', given, '-o', join(folder, 'y'));
      expect(status).to.equal(0);
      expectFits(out, 100);
      expect(out).to.include('1 line is no event: the text is gone');
      expect(out).to.include('Read again: the same lines, the same events');
      expect(textOf(join(folder, 'y'))).to.match(/\n\(not understood\)\n#\n$/);
    });
  });
});
