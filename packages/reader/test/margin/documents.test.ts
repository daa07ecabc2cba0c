// SPDX-License-Identifier: GPL-2.0-only
// Where the documents of the margin come from.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readMarginDocuments } from '../../src/margin/files';
import { anchorOf } from '../../src/margin/markdown';
import { root } from '../../tools/sources';

describe('readMarginDocuments', () => {
  it('reads our own documents', () => {
    const { findings, porting, reach } = readMarginDocuments();
    const text = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8');
    expect(findings).to.deep.equal({ name: 'docs/findings.md', text: text('findings.md') });
    expect(porting?.text).to.equal(text('porting.md'));
    expect(reach).to.be.a('string');
  });

  it('reads those beside the sources of another port, as far as there are some', () => {
    const folder = mkdtempSync(join(tmpdir(), 'margin-'));
    try {
      writeFileSync(join(folder, 'findings.md'), '### 1. One\n');
      expect(readMarginDocuments(folder)).to.deep.equal({
        findings: { name: join(folder, 'findings.md'), text: '### 1. One\n' },
        porting: null,
        reach: null,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('has a copy in the package, which the build made', function () {
    const copies = join(root, 'packages/reader/dist/docs');
    if (!existsSync(copies)) {
      console.log('      skipped: the reader is not built');
      this.skip();
    }
    for (const name of ['findings.md', 'porting.md'])
      expect(readFileSync(join(copies, name), 'utf8').length).to.be.above(10_000);
    const { files } = JSON.parse(
      readFileSync(join(root, 'packages/reader/package.json'), 'utf8'),
    ) as {
      files: string[];
    };
    expect(files).to.include.members(['dist', 'data']);
  });
});

describe('anchorOf', () => {
  it('makes the link that GitHub makes', () => {
    const anchors = [
      ['io-buffer-pool.h, dma-iommu.h', 'io-buffer-poolh-dma-iommuh'],
      ['Patch 2\'s "domain-based arguments"', 'patch-2s-domain-based-arguments'],
      ['48. max32_alloc_size is not reset', '48-max32_alloc_size-is-not-reset'],
      ['Größe – a dash', 'größe--a-dash'],
    ];
    for (const [heading = '', anchor] of anchors) expect(anchorOf(heading)).to.equal(anchor);
  });
});
