// SPDX-License-Identifier: GPL-2.0-only
// docs/index-of-c.md is what the sources say now.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { anchorOf } from '../../src/margin/markdown';
import { indexOfC, items } from '../../tools/index-of-c';
import { root } from '../../tools/sources';

const page = readFileSync(join(root, 'docs/index-of-c.md'), 'utf8');

describe('docs/index-of-c.md', () => {
  it('is what `npm run index-of-c` writes', async function () {
    this.timeout(30_000);
    expect(page).to.equal(await indexOfC());
  });

  it('has a row for each C name', () => {
    const rows = [...page.matchAll(/^\| `([^`]+)` +\| [\w ]+ +\| \d+ +\|/gm)].map((m) => m[1]);
    expect(rows).to.deep.equal(items.map((i) => i.name));
  });

  it('links to lines that have the name', () => {
    const links = [
      ...page.matchAll(/^\| `"?([^`"]+)["`].*\]\(\.\.\/(\S+)#L(\d+)\) +\|[^|]*\|[^|]*\|$/gm),
    ];
    expect(links).to.have.lengthOf(items.length);
    const wrong = links.filter(([, name = '', path = '', line]) => {
      const text = readFileSync(join(root, path), 'utf8').split('\n')[Number(line) - 1];
      return text?.includes(name) !== true;
    });
    expect(wrong.map(([row]) => row)).to.deep.equal([]);
  });

  it('links to headings that the documents have', () => {
    const used = new Set([...page.matchAll(/[|,] \[([^\]]+)\](?=[ ,])/g)].map((m) => m[1]));
    const targets = [...page.matchAll(/^\[([^\]]+)\]: (\w+\.md)#(\S+)$/gm)];
    expect(targets.map((m) => m[1])).to.have.members([...used]);
    const missing = targets.filter(([, , file = '', anchor]) => {
      const text = readFileSync(join(root, 'docs', file), 'utf8');
      return ![...text.matchAll(/^#+ (.*)$/gm)].some((m) => anchorOf(m[1] ?? '') === anchor);
    });
    expect(missing.map(([line]) => line)).to.deep.equal([]);
  });
});
