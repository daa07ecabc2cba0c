// SPDX-License-Identifier: GPL-2.0-only
// docs/architecture.md names files and folders that exist, and every package.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const root = join(__dirname, '../../..');
const text = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
const packages = readdirSync(join(root, 'packages'));

/** Sources by their place as the page writes it: `lab/src/drive/lane.ts`. */
const sources = packages.flatMap((name) =>
  readdirSync(join(root, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' }).map(
    (path) => `${name}/src/${path}`,
  ),
);

/** What stands in backticks. */
const quoted = [...text.matchAll(/`([^`\n]+)`/g)].map(([, word]) => word ?? '');

describe('docs/architecture.md', () => {
  it('names source files that exist', () => {
    const files = quoted.filter(
      (word) => /^[\w./*-]+\.ts$/.test(word) && !word.includes('patch-N'),
    );
    expect(files.length).to.be.above(40);
    const exists = (file: string): boolean => {
      const pattern = new RegExp(`(^|/)${file.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`);
      return sources.some((source) => pattern.test(source));
    };
    expect(files.filter((file) => !exists(file))).to.deep.equal([]);
  });

  it('names folders that exist', () => {
    const folders = quoted.filter((word) => /^[a-z-]+\/src(\/[a-z-]+)*$/.test(word));
    expect(folders.length).to.be.above(5);
    const exists = (folder: string): boolean =>
      sources.some((file) => file.startsWith(`${folder}/`));
    expect(folders.filter((folder) => !exists(folder))).to.deep.equal([]);
  });

  it('has a row for each package', () => {
    const rows = [...text.matchAll(/^\| `([a-z-]+)` +\|/gm)].map(([, name]) => name ?? '');
    expect(rows.sort()).to.deep.equal(packages.sort());
  });
});
