// SPDX-License-Identifier: GPL-2.0-only
// What a comment or deviation explains, and what it does not: something else, somewhere else, or something more.

import { expect } from 'chai';
import { loadCReader } from '../../src/c/files';
import type { CReader } from '../../src/c/parse';
import type { Deviation } from '../../src/margin/margin';
import { C, TS, checkBox, deviation } from './box';

describe('an explanation is about its place', () => {
  let reader: CReader;
  before(async () => {
    reader = await loadCReader();
  });

  const unexplained = (
    methods: string,
    deviations: readonly Deviation[] = [],
    c = C,
    extra = '',
  ): string[] =>
    checkBox(reader, methods, deviations, c, extra)
      .differences.filter(({ explanation }) => explanation === null)
      .map(({ text }) => text);
  const without = (part: string, by = ''): string => {
    expect(TS).to.include(part);
    return TS.replace(part, by);
  };
  const withCall = C.replace('\tlock(box);', '\tlock(box);\n\thelper(1);');

  it('a deviation about one function does not explain that it is not called', () => {
    const said = [deviation('The list of `helper` is an object.')];
    expect(unexplained(TS, said, withCall)).to.deep.equal([
      'the C calls helper(); the TypeScript does not',
    ]);
    expect(unexplained(TS, [deviation('`put` does not call `helper`.')], withCall)).to.deep.equal(
      [],
    );
  });

  it('a field explains what it stands for only where it is used', () => {
    const field = '  /** JS: unlock, as C counts it. */\n  turns = 0;\n';
    const lost = without('    this.unlock(box);\n    return ret;', '    return ret;');
    expect(unexplained(field + lost)).to.deep.equal([
      'the C calls unlock(); the TypeScript does not',
    ]);
    expect(unexplained(field + lost.replace('return ret;', 'this.turns++;\n    return ret;')))
      // The C returns what it has in a variable, and so does the port: only unlock is missing.
      .to.deep.equal([]);
    const early = lost.replace('if (!box)', 'this.turns++;\n    if (!box)');
    expect(unexplained(field + early)).to.have.length(1);
  });

  it('the comment of a function explains a name in all of it, one inside only its place', () => {
    const lost = without('    this.lock(box);\n');
    const head = lost.replace('  put(box', '  /** JS: no lock. */\n  put(box');
    expect(unexplained(head)).to.deep.equal([]);
    const elsewhere = lost.replace('return 0;', 'return 0; // JS: no lock');
    expect(unexplained(elsewhere)).to.have.length(1);
  });

  it('a comment in the gap explains no branch or return that it does not name', () => {
    const lost = (comment: string): string =>
      without('    if (!box) return -EINVAL;', `    // JS: ${comment}`);
    for (const other of ['an integer from here on', 'C has NULL, and asks', 'the box returns'])
      expect(unexplained(lost(other)), other).to.not.have.length(0);
    expect(unexplained(lost('C returns -EINVAL if there is none'))).to.deep.equal([]);
  });

  it('a comment explains one branch, not two', () => {
    const lost = without(
      '      if (ret) break out;\n',
      '      // JS: C asks once, and goes to out.\n',
    );
    const once = unexplained(lost.replace('break out', 'x'));
    expect(once).to.deep.equal([]);
    const twice = C.replace(
      '\tif (ret)\n\t\tgoto out;',
      '\tif (ret)\n\t\tgoto out;\n\tif (box)\n\t\tx = 1;',
    );
    expect(unexplained(lost, [], twice)).to.have.length(1);
  });

  it('a deviation about an argument explains no branch or loop beside it', () => {
    const said = [deviation('There is no `GFP_KERNEL`, and no `shift`.')];
    const c = C.replace('\twhile (box', '\tn = shift(box);\n\twhile (box');
    expect(unexplained(without(', GFP_KERNEL'), said, c)).to.deep.equal([]);
    const noBranch = without(', GFP_KERNEL').replace('if (ret) break out;', '');
    expect(unexplained(noBranch, said, c)).to.include(
      'the C has a branch; the TypeScript does not',
    );
    const noLoop = without(', GFP_KERNEL').replace('while (box.count) ', '');
    expect(unexplained(noLoop, said, c)).to.deep.equal([
      'the C has a loop; the TypeScript does not',
    ]);
  });

  it('a branch goes with the call that it asks, if all of it is missing', () => {
    const said = [deviation('There is no `gone`.')];
    const asked = (body: string): string =>
      C.replace('\tlock(box);', `\tif (gone(box))\n\t\t${body}\n\tlock(box);`);
    expect(unexplained(TS, said, asked('return ret;'))).to.deep.equal([]);
    expect(unexplained(TS, said, asked('return -EIO;'))).to.deep.equal([
      'the C has a branch; the TypeScript does not',
      'the C returns -EIO; the TypeScript does not',
    ]);
    expect(unexplained(TS, said, asked('box->x = 1;'))).to.deep.equal([
      'the C has a branch; the TypeScript does not',
    ]);
    const kept = C.replace('\tlock(box);', '\tif (gone(box))\n\t\tlock(box);');
    expect(unexplained(TS, said, kept)).to.deep.equal([
      'the C has a branch; the TypeScript does not',
    ]);
  });

  it('another value is explained by a comment that has both', () => {
    const other = (value: string, comment: string): string =>
      without('      return 0;', `      return ${value}; // JS: ${comment}`);
    expect(unexplained(other('true', 'true; C returns 0'))).to.deep.equal([]);
    expect(unexplained(other('false', 'true; C returns 0'))).to.have.length(1);
    expect(unexplained(other('true', 'true; C returns 1'))).to.have.length(1);
    expect(unexplained(other('true', 'C returns 0'))).to.have.length(1);
    expect(unexplained(without('return 0;', '// JS: true; C returns 0'))).to.have.length(1);
  });

  it('another error number is explained by a comment that has both', () => {
    const other = (comment: string): string =>
      without('return -EINVAL;', `return -ENODEV; // JS: ${comment}`);
    expect(unexplained(other('-ENODEV for -EINVAL'))).to.deep.equal([]);
    expect(unexplained(other('C has -EINVAL'))).to.have.length(1);
    expect(unexplained(other('-ENODEV'))).to.have.length(1);
  });

  it('a return that all calls come to is explained by nothing', () => {
    const early = (text: string): string =>
      without('    this.lock(box);', `    ${text} // JS: 7, once computed\n    this.lock(box);`);
    expect(unexplained(early('if (box.old) return 7;'))).to.deep.equal([]);
    expect(unexplained(early('return 7;'))).to.deep.equal([
      'the TypeScript returns 7; the C does not',
    ]);
  });

  it('a comment in front of a branch of many statements covers its head', () => {
    const more = (inner: string): string =>
      without(
        '    this.lock(box);',
        `    // JS: not in C.\n    if (x) if (y) {\n${inner}\n}\n    this.lock(box);`,
      );
    expect(unexplained(more('a = 1; b = 2;'))).to.deep.equal([]);
    expect(unexplained(more('a = 1;\nif (z) b = 2;'))).to.deep.equal([
      'the TypeScript has a branch; the C does not',
    ]);
  });

  it('a step that moved is explained at one of its two places', () => {
    const moved = without('    this.lock(box);\n').replace(
      'return ret;',
      'this.lock(box); // JS: lock comes last\n    return ret;',
    );
    expect(unexplained(moved)).to.deep.equal([]);
    expect(unexplained(moved.replace('JS: lock', 'lock'))).to.have.length(2);
  });
});
