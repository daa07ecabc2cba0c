// SPDX-License-Identifier: GPL-2.0-only
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ReadError } from '../../src/read-error';
import { MANIFEST, writeSite } from '../../src/site/files';

describe('writeSite', () => {
  let parent = '';
  let folder = '';
  const first = new Map([
    ['index.html', 'one'],
    ['old.html', 'old'],
  ]);
  const second = new Map([
    ['index.html', 'two'],
    ['new.html', 'new'],
  ]);

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'iommu-bounce-site-'));
    folder = join(parent, 'site');
  });

  afterEach(() => {
    rmSync(parent, { recursive: true });
  });

  /** Name and text of all files of the folder, the manifest's text left out. */
  function contents(): Record<string, string> {
    const names = readdirSync(folder).filter((name) => name !== MANIFEST);
    return Object.fromEntries(
      names.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
    );
  }

  function refusal(files: ReadonlyMap<string, string>, force: boolean): string {
    try {
      writeSite(folder, files, force);
    } catch (error) {
      expect(error).to.be.instanceOf(ReadError);
      return (error as ReadError).message;
    }
    throw new Error('not refused');
  }

  it('says whether it replaced an earlier site', () => {
    expect(writeSite(folder, first, false)).to.equal(false);
    expect(writeSite(folder, second, false)).to.equal(true);
  });

  it('does not replace a site with a series by one without, unless forced', () => {
    const withSeries = new Map([...first, ['patch-1.html', 'p']]);
    writeSite(folder, withSeries, false);
    expect(refusal(second, false)).to.match(/site: holds a site with the C of a series.*--force/);
    expect(contents()).to.include({ 'patch-1.html': 'p', 'index.html': 'one' });
    expect(writeSite(folder, withSeries, false)).to.equal(true);
    expect(writeSite(folder, second, true)).to.equal(true);
    expect(contents()).to.deep.equal({ 'index.html': 'two', 'new.html': 'new' });
  });

  it('makes the folder, with a manifest of what it wrote', () => {
    writeSite(folder, first, false);
    expect(contents()).to.deep.equal({ 'index.html': 'one', 'old.html': 'old' });
    expect(readFileSync(join(folder, MANIFEST), 'utf8').split('\n').slice(1)).to.deep.equal([
      'index.html',
      'old.html',
      '',
    ]);
    expect(readdirSync(parent)).to.deep.equal(['site']);
  });

  it('takes an empty folder, and replaces a site of its own', () => {
    mkdirSync(folder);
    writeSite(folder, first, false);
    writeSite(folder, second, false);
    expect(contents()).to.deep.equal({ 'index.html': 'two', 'new.html': 'new' });
    expect(readdirSync(parent)).to.deep.equal(['site']);
  });

  it('does not touch a folder that holds something else', () => {
    mkdirSync(folder);
    writeFileSync(join(folder, 'thesis.tex'), 'mine');
    expect(refusal(first, false)).to.match(/site: holds thesis\.tex, .*--force/);
    expect(readdirSync(folder)).to.deep.equal(['thesis.tex']);
    expect(readdirSync(parent)).to.deep.equal(['site']);
  });

  it('with force replaces and removes only what its manifest names', () => {
    writeSite(folder, first, false);
    writeFileSync(join(folder, 'thesis.tex'), 'mine');
    mkdirSync(join(folder, 'figures'));
    refusal(second, false);
    writeSite(folder, second, true);
    expect(readdirSync(folder).sort()).to.deep.equal([
      MANIFEST,
      'figures',
      'index.html',
      'new.html',
      'thesis.tex',
    ]);
    expect(readFileSync(join(folder, 'index.html'), 'utf8')).to.equal('two');
    expect(readFileSync(join(folder, 'thesis.tex'), 'utf8')).to.equal('mine');
    expect(readdirSync(parent)).to.deep.equal(['site']);
  });

  it('with force never replaces a file that somebody else wrote', () => {
    mkdirSync(folder);
    writeFileSync(join(folder, 'index.html'), 'mine');
    expect(refusal(first, true)).to.match(/index\.html is not one of iommu-bounce's files/);
    expect(contents()).to.deep.equal({ 'index.html': 'mine' });
    writeFileSync(join(folder, MANIFEST), 'index.html\n');
    expect(refusal(first, true)).to.match(/index\.html is not one of/);
  });

  it('trusts no manifest that leads out of the folder, and no link in place of a file', () => {
    writeSite(folder, first, false);
    const outside = join(parent, 'outside.html');
    writeFileSync(outside, 'mine');
    writeFileSync(
      join(folder, MANIFEST),
      `${readFileSync(join(folder, MANIFEST), 'utf8')}../outside.html\n`,
    );
    rmSync(join(folder, 'old.html'));
    symlinkSync(outside, join(folder, 'old.html'));
    expect(refusal(second, false)).to.match(/holds old\.html/);
    writeSite(folder, second, true);
    expect(readFileSync(outside, 'utf8')).to.equal('mine');
    expect(existsSync(join(folder, 'old.html'))).to.equal(true);
  });

  it('refuses a file or a link in the place of the folder, and a parent that is not there', () => {
    writeFileSync(folder, 'mine');
    expect(refusal(first, true)).to.match(/is a file or link, expected a folder/);
    rmSync(folder);
    symlinkSync(parent, folder);
    expect(refusal(first, true)).to.match(/is a file or link, expected a folder/);
    rmSync(folder);
    folder = join(parent, 'a', 'b');
    expect(refusal(first, false)).to.match(/the folder .*a does not exist/);
  });

  it('leaves the old site whole when the new one cannot be written', function () {
    writeSite(folder, first, false);
    const bad = new Map([...second, ['../escape.html', 'x']]);
    expect(refusal(bad, false)).to.match(/cannot write the site: bad file name/);
    expect(contents()).to.deep.equal({ 'index.html': 'one', 'old.html': 'old' });
    expect(readdirSync(parent)).to.deep.equal(['site']);
    if (process.getuid?.() === 0) return; // root may write anywhere
    chmodSync(parent, 0o500);
    expect(refusal(second, false)).to.match(/cannot write the site/);
    chmodSync(parent, 0o700);
    expect(contents()).to.deep.equal({ 'index.html': 'one', 'old.html': 'old' });
  });
});
