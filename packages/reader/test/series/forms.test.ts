// SPDX-License-Identifier: GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { forms } from '../../../../test-fixtures/reader/forms';
import { openSeries } from '../../src/series/files';
import {
  FIXTURES,
  TALLY,
  contents,
  fixture,
  inFolder,
  mails,
  refusal,
  textOf,
  toMbox,
  write,
} from './tally';

function git(folder: string, ...args: string[]): string {
  const me = ['-c', 'user.name=A. Writer', '-c', 'user.email=writer@example.org'];
  return execFileSync('git', ['-C', folder, ...me, ...args], { encoding: 'utf8', stdio: 'pipe' });
}

/** The fixture's tree with its patches as commits; false without git. */
function makeRepository(folder: string): boolean {
  try {
    execFileSync('git', ['--version'], { stdio: 'pipe' });
  } catch {
    console.log('skipped: git is not installed');
    return false;
  }
  git(folder, 'init', '--quiet');
  cpSync(fixture('tree'), folder, { recursive: true });
  git(folder, 'add', '.');
  git(folder, 'commit', '--quiet', '--message', 'tally: begin');
  git(folder, 'tag', 'begin');
  const patches = readdirSync(fixture('format-patch')).sort().slice(1);
  git(folder, 'am', '--quiet', ...patches.map((name) => fixture(`format-patch/${name}`)));
  return true;
}

describe('openSeries, the forms of a copy', () => {
  it('finds the fixtures as forms.ts makes them', () => {
    for (const [name, bytes] of forms(FIXTURES)) {
      const there = readFileSync(fixture(name));
      if (name.endsWith('.gz'))
        expect(gunzipSync(there).equals(gunzipSync(bytes)), name).to.be.true;
      else expect(there.equals(bytes), name).to.be.true;
    }
  });

  for (const form of ['thread.mbox', 'thread.mbox.gz', 'mails'])
    it(`reads ${form} as the patch files are read`, async () => {
      const files = await openSeries([fixture('format-patch')], TALLY);
      const series = await openSeries([fixture(form)], TALLY);
      expect(contents(series)).to.deep.equal(contents(files));
      expect(series.cover?.messageId).to.equal('20210802080000.4711-1-writer@example.org');
      expect(series.subject).to.equal('tally: a pool of spare marks');
      expect(series.before).to.deep.equal([]);
      expect(series.notes).to.deep.equal([`${fixture(form)}: 2 other mails not used`]);
    });

  it('reads a range of a git repository', async () => {
    await inFolder(async (folder) => {
      if (!makeRepository(folder)) return;
      const range = await openSeries([`${folder}:begin..HEAD`], TALLY);
      const files = await openSeries([fixture('format-patch')], TALLY);
      expect(contents(range)).to.deep.equal(contents(files));
      expect(range.cover).to.be.null;

      git(folder, 'config', 'diff.noprefix', 'true');
      git(folder, 'config', 'diff.context', '0');
      git(folder, 'config', 'format.subjectPrefix', 'RFC');
      const other = await openSeries([`${folder}:begin..HEAD`], TALLY);
      expect(contents(other), 'whatever the configuration').to.deep.equal(contents(files));

      expect(await refusal(() => openSeries([folder], TALLY))).to.equal(
        `${folder}: a git repository; name the range too: ${folder}:BASE..HEAD`,
      );
      expect(await refusal(() => openSeries([`${folder}:HEAD..HEAD`], TALLY))).to.equal(
        `${folder}:HEAD..HEAD: no commit in this range`,
      );
      expect(await refusal(() => openSeries([`${folder}:none..HEAD`], TALLY))).to.match(
        /:none\.\.HEAD: git format-patch: fatal: /,
      );
    });
  }).timeout(60_000);

  it('pools patch files that are named one by one, in any order', async () => {
    const names = readdirSync(fixture('format-patch')).map((name) =>
      fixture(`format-patch/${name}`),
    );
    const series = await openSeries(names.reverse(), TALLY);
    expect(series.patches.map(({ number }) => number)).to.deep.equal([1, 2, 3, 4]);
    expect(series.notes).to.deep.equal([]);
  });

  it('reads a maildir', async () => {
    await inFolder(async (folder) => {
      for (const name of ['cur', 'new', 'tmp']) mkdirSync(path.join(folder, name));
      for (const { name, text } of mails())
        write(path.join(folder, name === '2' ? 'new' : 'cur'), {
          [name]: Buffer.from(text, 'latin1'),
        });
      const series = await openSeries([folder], TALLY);
      expect(series.patches).to.have.length(4);
    });
  });

  it('notes files of a folder that are no mails', async () => {
    await inFolder(async (folder) => {
      cpSync(fixture('format-patch'), folder, { recursive: true });
      write(folder, { 'README.txt': 'Notes\n', 'empty.patch': '' });
      const { notes } = await openSeries([folder], TALLY);
      expect(notes).to.have.length(2);
      expect(notes[0]).to.match(/README\.txt:1: no mail header; .*; not used$/);
      expect(notes[1]).to.match(/empty\.patch: is empty; .*; not used$/);
    });
  });

  it('names the place of each hunk in the file, or in the decoded text', async () => {
    const series = await openSeries([fixture('thread.mbox')], TALLY);
    const lines = textOf('thread.mbox').split(/\r?\n/);
    const encoded = new Map([
      [2, 'quoted-printable'],
      [4, 'base64'],
    ]);
    for (const { number, files } of series.patches)
      for (const { hunks } of files)
        for (const { at, oldStart } of hunks)
          if (encoded.has(number))
            expect(at.file).to.match(
              new RegExp(
                `thread.mbox, mail ${String(number + 2)}, .* ${encoded.get(number) ?? ''}$`,
              ),
            );
          else expect(lines[at.line - 1]).to.match(new RegExp(`^@@ -${String(oldStart)},`));
    const base64 = (mails().find(({ name }) => name === '4')?.text ?? '').split('\n\n')[1] ?? '';
    const decoded = Buffer.from(base64, 'base64').toString('utf8').split('\n');
    for (const { hunks } of series.patches[3]?.files ?? [])
      for (const { at, newStart } of hunks)
        expect(decoded[at.line - 1]).to.match(new RegExp(`^@@ .* \\+${String(newStart)},`));
  });

  it('keeps characters beyond ASCII in every charset', async () => {
    const series = await openSeries([fixture('thread.mbox')], TALLY);
    const lines = (n: number): string[] =>
      series.patches[n - 1]?.files.flatMap(({ hunks }) => hunks.flatMap((hunk) => hunk.lines)) ??
      [];
    expect(lines(3)).to.include('  * 2 µs.');
    expect(lines(4).join('\n')).to.include('below 50 µs');
  });

  it('takes a text without a charset that is not UTF-8 for Latin-1, as bytes', async () => {
    await inFolder(async (folder) => {
      for (const { name, text } of mails()) {
        const bare = name === '3' ? text.replace(/^(Content|MIME)-.*\n/gm, '') : text;
        write(folder, { [`${name}.eml`]: Buffer.from(bare, 'latin1') });
      }
      const { patches } = await openSeries([folder], TALLY);
      expect(JSON.stringify(patches[2])).to.include('2 µs');
    });
  });

  it('reads the text part of a mail with a footer', async () => {
    await inFolder(async (folder) => {
      const parts = mails().map(({ name, text }) => {
        if (name !== '1') return text;
        const [head, ...body] = text.split('\n\n');
        const own = (head ?? '').split('\n').filter((line) => !/^(MIME|Content)-/.test(line));
        return [
          ...own,
          'Content-Type: multipart/mixed; boundary="=_b"',
          '',
          '--=_b',
          'Content-Type: text/plain; charset="us-ascii"',
          '',
          body.join('\n\n'),
          '--=_b',
          'Content-Type: text/plain; charset="us-ascii"',
          '',
          '_____________\ntally mailing list',
          '--=_b--',
          '',
        ].join('\n');
      });
      write(folder, { mbox: toMbox(parts) });
      const series = await openSeries([path.join(folder, 'mbox')], TALLY);
      expect(series.patches[0]?.files[0]?.hunks).to.have.length(3);
      expect(series.patches[0]?.files[0]?.hunks[0]?.at.file).to.match(/mail 3, the text part$/);
    });
  });
});
