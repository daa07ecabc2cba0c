// SPDX-License-Identifier: GPL-2.0-only
// Random texts and edits of them, for property tests.

import fc from 'fast-check';

const LINE = fc.oneof(
  fc.constantFrom(
    '',
    '\tfoo();',
    '}',
    '- x',
    '+ x',
    ' x',
    '-- ',
    '-',
    '--- a',
    '@@ -1 +1 @@',
    '\\ y',
    'diff --git',
  ),
  fc.string({
    maxLength: 8,
    unit: fc.constantFrom('a', 'b', ' ', '\t', '-', '+', '<', 'µ', '\u202E'),
  }),
);

/** What happens to lines at a place: some go, some come. */
const EDIT = fc.record({
  at: fc.nat(60),
  remove: fc.nat(3),
  insert: fc.array(LINE, { maxLength: 3 }),
});

/** Applies edits one after the other. */
function edited(
  lines: readonly string[],
  edits: readonly { at: number; remove: number; insert: readonly string[] }[],
): string[] {
  const out = [...lines];
  for (const { at, remove, insert } of edits) out.splice(at % (out.length + 1), remove, ...insert);
  return out;
}

/** A text and what edits made of it, as lines; lines repeat. */
export function editedText(): fc.Arbitrary<[string[], string[]]> {
  return fc
    .tuple(fc.array(LINE, { maxLength: 40 }), fc.array(EDIT, { minLength: 1, maxLength: 4 }))
    .map(([lines, edits]) => [lines, edited(lines, edits)]);
}

/** A text of lines that are all different, and `count` edits of it, each of the text before. */
export function history(count: number): fc.Arbitrary<string[][]> {
  return fc
    .tuple(
      fc.array(LINE, { minLength: 1, maxLength: 60 }),
      fc.array(fc.array(EDIT, { minLength: 1, maxLength: 3 }), {
        minLength: count,
        maxLength: count,
      }),
    )
    .map(([lines, steps]) => {
      const texts = [lines.map((line, i) => `${String(i)}:${line}`)];
      for (const [n, edits] of steps.entries())
        texts.push(
          edited(
            texts.at(-1) ?? [],
            edits.map((edit, k) => ({
              ...edit,
              insert: edit.insert.map(
                (line, i) => `${String(n)}.${String(k)}.${String(i)}:${line}`,
              ),
            })),
          ),
        );
      return texts;
    });
}
