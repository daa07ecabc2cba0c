// SPDX-License-Identifier: GPL-2.0-only
// Which patch wrote which line, told from what each patch replaced.

import { expect } from 'chai';
import { linesByPatch } from '../../tools/lines-by-patch';

const last = {
  path: 'x.ts',
  text: `class x_c {
  f(a: number): number {
    // a comment of the last state
    if (!a) return 0;

    return g(a, 1); // finding 1
  }

  added(): void {
    h();
  }

  shown(a: number): void {
    g(a);
  }
}

class s {
  a = 1;
  b = 2;
}
`,
};
const before = (patch: number, text: string): { patch: number; path: string; text: string } => ({
  patch,
  path: `before-patch-${String(patch)}.ts`,
  text,
});
const of = (
  befores: readonly ReturnType<typeof before>[],
  renamed: Record<string, string> = {},
  added: Record<string, number> = {},
): string[] =>
  linesByPatch(last, befores, new Map(Object.entries(renamed)), new Map(Object.entries(added))).map(
    ({ patch, name, ranges }) =>
      `${String(patch)} ${name} ${ranges.map((r) => r.join('-')).join()}`,
  );

describe('linesByPatch', () => {
  it('finds what the text before a patch has not, and does not look at comments', () => {
    const one = before(
      1,
      'class x_c_before_patch_1 extends x_c {\n  override f(a: number): number {\n    return g(a, 1);\n  }\n}',
    );
    expect(of([one])).to.deep.equal(['1 f 4-4']);
  });

  it('gives a line to the last patch that wrote it', () => {
    const two = before(
      2,
      'class x_c_before_patch_2 extends x_c {\n  override f(a: number): number {\n    if (!a) return 0;\n    return g(a);\n  }\n}',
    );
    const one = before(
      1,
      'class x_c_before_patch_1 extends x_c_before_patch_2 {\n  override f(a: number): number {\n    return g();\n  }\n}',
    );
    expect(of([one, two])).to.deep.equal(['1 f 4-4', '2 f 6-6']);
  });

  it('names a patch that only removed lines', () => {
    const one = before(
      1,
      'class x_c_before_patch_1 extends x_c {\n  override f(a: number): number {\n    if (!a) return 0;\n    h();\n    return g(a, 1);\n  }\n}',
    );
    expect(of([one])).to.deep.equal(['1 f ']);
  });

  it('follows a name, and knows what a patch brought whole', () => {
    const one = before(
      1,
      'class x_c_before_patch_1 extends x_c {\n  protected old(a: number): void {\n    g(a);\n  }\n}',
    );
    expect(of([one], { old: 'shown' }, { added: 1 })).to.deep.equal([
      '1 added 9-11',
      '1 shown 13-13',
    ]);
  });

  it('takes a call of the later text for all of it but the head', () => {
    const one = before(
      1,
      'class x_c_before_patch_1 extends x_c {\n  override shown(a: number): void {\n    super.shown(a);\n  }\n}',
    );
    expect(of([one])).to.deep.equal(['1 shown 13-13']);
  });

  it('compares structs', () => {
    expect(of([before(1, 'class s_before_patch_1 {\n  a = 1;\n}')])).to.deep.equal(['1 s 20-20']);
  });
});
