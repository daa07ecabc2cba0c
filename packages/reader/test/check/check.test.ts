// SPDX-License-Identifier: GPL-2.0-only

import { expect } from 'chai';
import { loadCReader } from '../../src/c/files';
import type { CReader } from '../../src/c/parse';
import { checkSides } from '../../src/check/check-sides';
import type { CheckResult } from '../../src/check/difference';
import type { Deviation } from '../../src/margin/margin';
import { checkReading } from '../../src/reading';
import { C, TS, checkBox, deviation, portOf } from './box';
import { fileOf, fixtureDeviations, fixturePort, fixtureTree } from '../fixture-tree';
import { realReading } from '../real-series';

describe('the check', () => {
  let reader: CReader;
  before(async () => {
    reader = await loadCReader();
  });

  const check = (
    methods: string,
    deviations: readonly Deviation[] = [],
    c = C,
    extra = '',
  ): CheckResult => checkBox(reader, methods, deviations, c, extra);
  const said = (
    methods: string,
    deviations: readonly Deviation[] = [],
    c = C,
    extra = '',
  ): string[] =>
    check(methods, deviations, c, extra).differences.map((d) => `${d.kind} ${d.name}: ${d.text}`);

  it('finds nothing where both sides do the same', () => {
    expect(said(TS)).to.deep.equal([]);
    expect(check(TS).functions).to.equal(2);
  });

  const changes: readonly (readonly [string, string, string, readonly string[]])[] = [
    [
      'a call that is missing',
      '    this.lock(box);\n',
      '',
      ['call put: the C calls lock(); the TypeScript does not'],
    ],
    [
      'a call more',
      'ret = this.insert',
      'this.warn(box);\n      ret = this.insert',
      ['call put: the TypeScript calls warn(); the C does not'],
    ],
    [
      'another error number',
      '-EINVAL',
      '-ENOMEM',
      ['return put: the C returns -EINVAL; the TypeScript returns -ENOMEM'],
    ],
    [
      'another constant',
      'GFP_KERNEL',
      'GFP_ATOMIC',
      ['constant put: the C uses GFP_KERNEL; the TypeScript uses GFP_ATOMIC'],
    ],
    [
      'another label',
      /out/gu.source,
      'done',
      [
        'label put: the C goes to out; the TypeScript goes to done',
        'label put: the C has the label out; the TypeScript has the label done',
      ],
    ],
    [
      'a loop that is a branch',
      'while (box',
      'if (box',
      [
        'flow put: the C has a loop; the TypeScript does not',
        'flow put: the TypeScript has a branch; the C does not',
      ],
    ],
    [
      'a branch that is missing',
      'if (ret) break out;',
      '',
      [
        'label put: the C goes to out; the TypeScript does not',
        'flow put: the C has a branch; the TypeScript does not',
      ],
    ],
    [
      'a function that is missing',
      'helper',
      'other',
      [
        'extra other: the port has this function; the C does not',
        'missing helper: the C has this function; the port does not',
      ],
    ],
    [
      'an early return',
      'while (box',
      'return 1;\n while (box',
      ['return put: the TypeScript returns 1; the C does not'],
    ],
  ];
  for (const [name, from, to, expected] of changes)
    it(`says ${name}`, () => {
      expect(
        said(TS.replace(new RegExp(from.replace(/[().]/gu, '\\$&'), 'gu'), to)).sort(),
      ).to.deep.equal([...expected].sort());
    });

  it('says two calls in another order', () => {
    const swapped = TS.replace('this.lock(box)', 'this.X(box)')
      .replace('this.trim(box)', 'this.lock(box)')
      .replace('this.X(box)', 'this.trim(box)');
    expect(said(swapped).every((text) => text.startsWith('order put: '))).to.equal(true);
    expect(said(swapped)).to.not.have.length(0);
  });

  it('compares a helper of our own in the place of its call', () => {
    const methods = TS.replace('while (box.count) this.trim(box);', 'this.trim_all(box);');
    const helper =
      '  /** JS: out of line. */\n  trim_all(box: box): void {\n    while (box.count) this.trim(box);\n  }\n';
    expect(
      check(methods + helper).differences.map((d) => [d.kind, d.explanation?.by]),
    ).to.deep.equal([['extra', 'comment']]);
    expect(said(methods + helper.replace('this.trim(', 'this.drop('))).to.include(
      'call put: the C calls trim(); the TypeScript does not',
    );
  });

  describe('an explanation', () => {
    const unexplained = (methods: string, deviations: readonly Deviation[] = []): string[] =>
      check(methods, deviations)
        .differences.filter((d) => d.explanation === null)
        .map((d) => d.text);
    const missing = TS.replace('    this.lock(box);\n', '');

    it('is a deviation that names what differs', () => {
      expect(unexplained(missing, [deviation('There is no `lock`.')])).to.deep.equal([]);
      expect(unexplained(missing, [deviation('There is no lock.')])).to.have.length(1);
      expect(unexplained(missing, [deviation('`put` is another.')])).to.have.length(1);
    });

    it('is no deviation about another function or file', () => {
      expect(unexplained(missing, [deviation('`helper` has no `lock`.')])).to.have.length(1);
      expect(unexplained(missing, [deviation('`put` has no `lock`.')])).to.deep.equal([]);
      expect(
        unexplained(missing, [{ ...deviation('There is no `lock`.'), section: 'shelf' }]),
      ).to.have.length(1);
    });

    it('is a JS comment at the line, not one elsewhere', () => {
      const more = (comment: string): string =>
        TS.replace('ret = this.insert', `if (x) return 0;${comment}\n      ret = this.insert`);
      expect(unexplained(more(''))).to.have.length(2);
      expect(unexplained(more(' // JS: 0: nothing to do'))).to.deep.equal([]);
      expect(unexplained(more(' // nothing to do'))).to.have.length(2);
      expect(
        unexplained(more('').replace('this.lock(box);', 'this.lock(box); // JS: at once')),
      ).to.have.length(2);
    });

    it('is a JS comment that names the call, in the function only', () => {
      expect(
        unexplained(
          missing.replace('    if (!box)', '    // JS: one thread, so no lock\n    if (!box)'),
        ),
      ).to.deep.equal([]);
      expect(
        unexplained(missing.replace('    return a;', '    return a; // JS: no lock')),
      ).to.have.length(1);
    });

    it('of a function that is missing says that it is not ported', () => {
      const without = TS.slice(TS.indexOf('  put('));
      expect(unexplained(without, [deviation('`helper` is a constant.')])).to.have.length(1);
      const [said] = check(without, [deviation('Not ported: `helper`.')]).differences;
      expect(said?.explanation?.by).to.equal('not ported');
    });
  });

  it('says a difference that all states have once, with the last', () => {
    const tree = {
      files: [fileOf('drivers/box/box.c', [C, `int first;\n\n${C}`])],
      notes: [],
      versions: [],
      unapplied: 0,
    };
    const port = portOf(TS.replace('-EINVAL', '-EIO'));
    const { differences } = checkSides({ reader, tree, port, deviations: [] });
    expect(differences.map((d) => [d.state, d.cLine])).to.deep.equal([[1, 13]]);
  });

  it('finds nothing unexplained in the fixture', () => {
    const result = checkSides({
      reader,
      tree: fixtureTree(),
      port: fixturePort(),
      deviations: fixtureDeviations(),
    });
    expect(result.functions).to.be.greaterThan(40);
    expect(result.differences.filter((d) => d.explanation === null)).to.deep.equal([]);
  });

  it('finds nothing unexplained in the real series', async function () {
    const reading = await realReading();
    if (!reading) this.skip();
    const result = checkReading(reading, reading.c);
    expect(result.functions).to.be.greaterThan(300);
    expect(result.differences.filter((d) => d.explanation === null)).to.deep.equal([]);
  }).timeout(60_000);
});
