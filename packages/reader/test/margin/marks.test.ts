// SPDX-License-Identifier: GPL-2.0-only
// Findings and deviations have their places in the sources, and the sources name none that there is not.

import { expect } from 'chai';
import { ReadError } from '@iommu-bounce/reader';
import { readMarginDocuments } from '../../src/margin/files';
import { readMargin } from '../../src/margin/read-margin';
import { parseTs } from '../../src/port/parse';
import { functionsOf, outlineOf } from '../../tools/outline';
import { ported, sources } from '../../tools/sources';

const document = (name: string, text: string): { name: string; text: string } => ({ name, text });

/** The marks of one source, as `kind number section line function`. */
function marksOf(text: string, { findings = 3, porting = '' } = {}): string[] {
  const list = Array.from({ length: findings }, (_, i) => `### ${String(i + 1)}. One\n\nText.\n`);
  const margin = readMargin([parseTs('a.ts', text)], {
    findings: document('findings.md', list.join('\n')),
    porting: document('porting.md', porting),
    reach: null,
  });
  return margin.marks.map((m) =>
    [m.kind, m.number, m.section ?? '-', m.line, m.function ?? '-'].join(' '),
  );
}

describe('the marks of the port', () => {
  const files = sources.map(({ path, text }) => parseTs(path, text));
  const margin = readMargin(files, readMarginDocuments());

  it('give each finding a place', () => {
    const without = margin.findings.filter(
      (f) => !margin.marks.some((m) => m.kind === 'finding' && m.number === f.number),
    );
    expect(without.map((f) => f.title)).to.deep.equal([]);
    expect(margin.findings).to.have.length.above(60);
  });

  it('give each deviation a place', () => {
    const without = margin.deviations.filter(
      (d) => !margin.marks.some((m) => m.section === d.section && m.number === d.number),
    );
    expect(without.map((d) => `${d.section} ${String(d.number)}`)).to.deep.equal([]);
    expect(margin.deviations).to.have.length.above(35);
  });

  it('are in each ported function that a finding names after "C:"', () => {
    const functions = new Set(ported.flatMap((s) => [...functionsOf(outlineOf(s)).keys()]));
    const missing = margin.findings.flatMap(({ number, text }) => {
      const named = /^C: (.*)$/m.exec(text)?.[1]?.match(/\w+/g) ?? [];
      const marked = margin.marks.filter((m) => m.kind === 'finding' && m.number === number);
      return named
        .filter((name) => functions.has(name) && !marked.some((m) => m.function === name))
        .map((name) => `${String(number)}: ${name}`);
    });
    expect(missing).to.deep.equal([]);
  });

  it('are at a line that has code', () => {
    const byPath = new Map(files.map((file) => [file.path, file.lines]));
    const bare = margin.marks.filter((m) =>
      /^\s*(\/\/|\/?\*|$)/.test(byPath.get(m.path)?.[m.line - 1] ?? ''),
    );
    expect(bare).to.deep.equal([]);
  });
});

describe('readMargin', () => {
  it('takes the line of a comment behind code, else the next line that has code', () => {
    const text = [
      'class c {',
      '  /** finding 1',
      '   */',
      '  m(): number {',
      '    return 1; // findings 2 and 3',
      '  }',
      '',
      '  // finding 3: why.',
      '',
      '  // And more.',
      '  x = 1;',
      '}',
    ];
    expect(marksOf(text.join('\n'))).to.deep.equal([
      'finding 1 - 4 m',
      'finding 2 - 5 m',
      'finding 3 - 5 m',
      'finding 3 - 11 -',
    ]);
  });

  it('reads several numbers, with CRLF too', () => {
    const text = 'f(1); // findings 1, 2 and 3\r\ng(2); // finding 2; the 3 is none\r';
    expect(marksOf(text)).to.deep.equal([
      'finding 1 - 1 -',
      'finding 2 - 1 -',
      'finding 3 - 1 -',
      'finding 2 - 2 -',
    ]);
  });

  it('looks into comments only', () => {
    const text =
      "f('// finding 1', `// finding 2 ${'finding 3'}`, /finding 1/);\n// the end: finding 2";
    expect(marksOf(text)).to.deep.equal(['finding 2 - 2 -']);
  });

  it('takes a line of a closure to be in the method around it', () => {
    const text = 'class c {\n  m() {\n    return () => {\n      f(); // finding 1\n    };\n  }\n}';
    expect(marksOf(text)).to.deep.equal(['finding 1 - 4 m']);
  });

  const two =
    '## Deviations\n\n### a.h, b\n\n1. One\n   goes on.\n2. Two.\n\n### c\n\nText.\n\n1. Three.\n';

  it('finds the section of a deviation by the link in the first comment', () => {
    const text = '// A file. See docs/porting.md#ah-b\n\n// deviation 2\nf();\n';
    expect(marksOf(text, { porting: two })).to.deep.equal(['deviation 2 a.h, b 4 -']);
  });

  it('needs no link when there is one section only', () => {
    const one = '## Deviations\n\n### a\n\n1. One.\n';
    expect(marksOf('f(); // deviation 1', { porting: one })).to.deep.equal(['deviation 1 a 1 -']);
    expect(() => marksOf('f(); // deviation 1', { porting: two })).to.throw(
      ReadError,
      'a.ts:1: there is no deviation 1 since the first comment of the file links to no section',
    );
  });

  it('refuses a number that no entry has', () => {
    expect(() => marksOf('\nf(); // findings 1 and 4')).to.throw(
      ReadError,
      'a.ts:2: there is no finding 4',
    );
    expect(() => marksOf('// porting.md#c\nf(); // deviation 2', { porting: two })).to.throw(
      ReadError,
      'a.ts:2: there is no deviation 2 of "c"',
    );
  });

  it('reads the text of findings and deviations', () => {
    const margin = readMargin([], {
      findings: document(
        'f.md',
        '# F\n\n## A\n\n### 1. One\n\nText.\n\nC: f.\n\n## B\n\nNo.\n\n### 2. Two\n',
      ),
      porting: document('p.md', two),
      reach: null,
    });
    expect(margin.findings).to.deep.equal([
      { number: 1, title: 'One', text: 'Text.\n\nC: f.', line: 5 },
      { number: 2, title: 'Two', text: '', line: 15 },
    ]);
    expect(margin.deviations.map((d) => `${String(d.line)} ${d.section} ${d.text}`)).to.deep.equal([
      '5 a.h, b One goes on.',
      '7 a.h, b Two.',
      '13 c Three.',
    ]);
  });

  it('says where a document goes wrong', () => {
    const read = (findings: string, porting: string) => () =>
      readMargin([], {
        findings: document('f.md', findings),
        porting: document('p.md', porting),
        reach: null,
      });
    expect(read('### 1. One\n\n### 3. Three\n', '')).to.throw(
      ReadError,
      'f.md:3: expected "### 2. " and a title',
    );
    expect(read('', '## Deviations\n### a\n1. One.\n3. Three.\n')).to.throw(
      ReadError,
      'p.md:4: expected deviation 2 of "a"',
    );
  });

  it('is empty without documents, whatever the comments say', () => {
    const nothing = { findings: null, porting: null, reach: null };
    const margin = readMargin([parseTs('a.ts', 'f(); // finding 1')], nothing);
    expect(margin.marks).to.deep.equal([]);
    expect(margin.reach.size).to.equal(0);
  });
});
