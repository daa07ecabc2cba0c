// SPDX-License-Identifier: GPL-2.0-only
// Steps that are easily taken for nothing: the end of a function, a jump at the end of a loop, a pointer to a function.

import { expect } from 'chai';
import { loadCReader } from '../../src/c/files';
import type { CReader } from '../../src/c/parse';
import { C, TS, checkBox } from './box';

describe('the check sees', () => {
  let reader: CReader;
  before(async () => {
    reader = await loadCReader();
  });

  const said = (methods: string, c = C): string[] =>
    checkBox(reader, methods, [], c).differences.map(({ text }) => text);

  it('the last return of a function, whatever it returns', () => {
    expect(
      said(TS.replace('    this.unlock(box);\n    return ret;', '    this.unlock(box);')),
    ).to.deep.equal(['the C returns here; the TypeScript does not']);
    const nothing = C.replace('int put', 'void put').replace('\treturn ret;', '\treturn;');
    expect(said(TS.replace('    return ret;', ''), nothing)).to.deep.equal([]);
  });

  it('that an endless loop with a label is not left', () => {
    const c = C.replace('\tlock(box);', 'retry:\n\tlock(box);\n\tif (box->again)\n\t\tgoto retry;');
    const ts = TS.replace(
      '    this.lock(box);',
      '    retry: for (;;) {\n      this.lock(box);\n      if (box.again) continue retry;\n      break;\n    }',
    );
    expect(said(ts, c)).to.deep.equal([]);
    expect(said(ts.replace('      break;\n', ''), c)).to.deep.equal([
      'the TypeScript has a loop; the C does not',
    ]);
  });

  it('which function a pointer is of', () => {
    const c = C.replace('\tlock(box);', '\tlock(box, helper);');
    const ts = (fn: string): string =>
      TS.replace('this.lock(box)', `this.lock(box, (a) => this.${fn}(a))`);
    expect(said(ts('helper'), c)).to.deep.equal([]);
    expect(said(ts('other'), c)).to.deep.equal(['the C passes helper; the TypeScript does not']);
    expect(said(ts('put'), c)).to.have.length(2);
    expect(said(TS, c)).to.deep.equal(['the C passes helper; the TypeScript does not']);
  });

  it('that a loop over a list of pages does not go on', () => {
    const c = C.replace('\twhile (box->count)', '\tfor_each_sg(box->sg, s, n, i)');
    const ts = TS.replace('while (box.count)', 'for (let s = box.sg; s; s = sg_next(s))');
    expect(said(ts, c)).to.deep.equal([]);
    expect(said(ts.replace('sg_next(s)', 'null'), c)).to.deep.equal([
      'the C calls sg_next(); the TypeScript does not',
    ]);
  });
});
