// SPDX-License-Identifier: GPL-2.0-only
import { expect } from 'chai';
import { createTwoFilesPatch, structuredPatch } from 'diff';
import fc from 'fast-check';
import { ReadError } from '../../src/read-error';
import { parseDiff } from '../../src/series/patch';
import { readSubject } from '../../src/series/candidate';
import type { FilePatch, Hunk } from '../../src/series/series';
import { editedText } from './edits';

const at = (line: number): { file: string; line: number } => ({ file: 'x', line: line + 1 });

function hunksOf(files: readonly FilePatch[]): Omit<Hunk, 'at'>[] {
  return files.flatMap(({ hunks }) =>
    hunks.map(({ oldStart, oldLines, newStart, newLines, section, lines }) => ({
      oldStart,
      oldLines,
      newStart,
      newLines,
      section,
      lines,
    })),
  );
}

/** One line of a text lost, doubled, cut, wrapped, or a foreign one put in. */
function damaged(text: string, kind: number, where: number, foreign: string): string {
  const lines = text.split('\n');
  const i = where % lines.length;
  const line = lines[i] ?? '';
  const half = where % (line.length + 1);
  const replacement = [
    [],
    [line, line],
    [line.slice(1)],
    [line.slice(0, half), line.slice(half)],
    [foreign, line],
  ][kind] as string[];
  return [...lines.slice(0, i), ...replacement, ...lines.slice(i + 1)].join('\n');
}

describe('parseDiff', () => {
  it('reads any edit as the library that made the diff', () => {
    fc.assert(
      fc.property(editedText(), fc.boolean(), ([before, after], signed) => {
        fc.pre(before.join() !== after.join());
        const [old, now] = [before, after].map((lines) => lines.map((l) => `${l}\n`).join('')) as [
          string,
          string,
        ];
        const diff = createTwoFilesPatch('a/drivers/x.c', 'b/drivers/x.c', old, now, '', '', {
          context: 3,
        });
        const text = `Words before.\n---\n x.c | 2 +-\n\n${diff}${signed ? '-- \n2.39\n' : ''}`;
        const files = parseDiff(text, at);
        const made = structuredPatch('a', 'b', old, now, '', '', { context: 3 });
        expect(files.map(({ path }) => path)).to.deep.equal(['drivers/x.c']);
        expect(hunksOf(files).map(({ lines }) => lines)).to.deep.equal(
          made.hunks.map(({ lines }) => lines),
        );
        expect(hunksOf(files).map(({ oldLines, newLines }) => [oldLines, newLines])).to.deep.equal(
          made.hunks.map(({ oldLines, newLines }) => [oldLines, newLines]),
        );
        for (const { at: place, oldLines } of files[0]?.hunks ?? [])
          expect(text.split('\n')[place.line - 1]).to.match(
            new RegExp(`^@@ -\\d+,${String(oldLines)} `),
          );
      }),
    );
  });

  it('reads a diff that is damaged in one place to the same hunks, or refuses it', () => {
    let refused = 0;
    fc.assert(
      fc.property(
        editedText(),
        fc.nat(4),
        fc.nat(),
        fc.constantFrom('', ' ', '+', '-x', '@@', 'words', '-- '),
        ([before, after], kind, where, foreign) => {
          fc.pre(before.join() !== after.join());
          const [old, now] = [before, after].map((lines) =>
            lines.map((l) => `${l}\n`).join(''),
          ) as [string, string];
          const diff = createTwoFilesPatch('a/drivers/x.c', 'b/drivers/x.c', old, now, '', '', {
            context: 3,
          });
          const text = `${diff.slice(diff.indexOf('---'))}-- \n2.39\n`;
          // "++x" without its first character is a hunk's line of the same kind: nobody can tell.
          const lines = text.split('\n');
          const line = lines[where % lines.length] ?? '';
          fc.pre(kind !== 2 || !line.startsWith(line.charAt(1)) || line.length < 2);
          let hunks;
          try {
            hunks = hunksOf(parseDiff(damaged(text, kind, where, foreign), at));
          } catch (error) {
            expect(error).to.be.instanceOf(ReadError);
            expect((error as Error).message).to.match(/^x:\d+: /);
            refused++;
            return;
          }
          expect(hunks).to.deep.equal(hunksOf(parseDiff(text, at)));
        },
      ),
      { numRuns: 1000 },
    );
    expect(refused).to.be.greaterThan(100);
  });

  it('reads created, removed, empty and mode-only files with their ids', () => {
    const text = [
      'diff --git a/new.c b/new.c',
      'new file mode 100644',
      'index 000000000000..3b18e512dba7',
      '--- /dev/null',
      '+++ b/new.c',
      '@@ -0,0 +1 @@',
      '+hello world',
      '\\ No newline at end of file',
      'diff --git a/old.c b/old.c',
      'deleted file mode 100644',
      'index 3b18e512dba7..000000000000',
      '--- a/old.c',
      '+++ /dev/null',
      '@@ -1 +0,0 @@',
      '-hello world',
      'diff --git a/run.sh b/run.sh',
      'old mode 100644',
      'new mode 100755',
      'diff --git a/empty b/empty',
      'new file mode 100644',
      'index 000000000000..e69de29bb2d1',
      '-- ',
      '2.39',
      '',
    ].join('\n');
    expect(
      parseDiff(text, at).map(({ path, created, removed, oldId, newId, hunks }) => [
        path,
        created,
        removed,
        oldId,
        newId,
        hunks.map(({ lines }) => lines),
      ]),
    ).to.deep.equal([
      ['new.c', true, false, '000000000000', '3b18e512dba7', [['+hello world']]],
      ['old.c', false, true, '3b18e512dba7', '000000000000', [['-hello world']]],
      ['run.sh', false, false, null, null, []],
      ['empty', true, false, '000000000000', 'e69de29bb2d1', []],
    ]);
  });

  it('finds no diff in words, quotes and statistics', () => {
    expect(
      parseDiff('> diff --git a/x b/x\n> @@ -1 +1 @@\n\n x | 2 +-\n--- \n+++ \n- item\n', at),
    ).to.deep.equal([]);
  });

  it('refuses a hunk without a file', () => {
    expect(() => parseDiff('Words\n@@ -1 +1 @@\n-a\n+b\n', at)).to.throw(
      ReadError,
      /^x:2: a hunk without/,
    );
  });
});

describe('readSubject', () => {
  const CASES: readonly [string, readonly [number, number, number, boolean, string] | null][] = [
    ['[PATCH 1/4] a: b', [1, 1, 4, false, 'a: b']],
    ['[PATCH v2 0/9] [x] y', [2, 0, 9, false, 'y']],
    ['[RFC PATCH V3 2/3]  a', [3, 2, 3, false, 'a']],
    ['[PATCHv12 01/10] a', [12, 1, 10, false, 'a']],
    ['[PATCH RESEND net-next 3/4] a', [1, 3, 4, true, 'a']],
    ['[tally] [PATCH 3/4] a', [1, 3, 4, false, 'a']],
    ['Re: [PATCH 1/4] a', null],
    ['[tally] Re: [PATCH 1/4] a', null],
    ['Fwd: [PATCH 1/4] a', null],
    ['[PATCH] a', null],
    ['[PATCH 5/4] a', null],
    ['[PATCH 0/0] a', null],
    ['[git pull 1/4] a', null],
    ['a [PATCH 1/4]', null],
    ['', null],
  ];
  for (const [subject, expected] of CASES)
    it(`reads ${JSON.stringify(subject)}`, () => {
      const read = readSubject(subject);
      expect(read && [read.version, read.number, read.of, read.resend, read.subject]).to.deep.equal(
        expected,
      );
    });
});
