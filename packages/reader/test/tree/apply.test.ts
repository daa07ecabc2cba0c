// SPDX-License-Identifier: GPL-2.0-only
import { expect } from 'chai';
import { createTwoFilesPatch } from 'diff';
import fc from 'fast-check';
import { parseDiff } from '../../src/series/patch';
import type { FilePatch, Patch, Series } from '../../src/series/series';
import { ReadError } from '../../src/read-error';
import { type Kernel, buildTree } from '../../src/tree/apply';
import type { CText } from '../../src/tree/c-file';
import { applyHunks } from '../../src/tree/hunks';
import { editedText, history } from '../series/edits';

const FILE = 'drivers/x.c';
const noId = (): string => '';

function join(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function diff(before: readonly string[], after: readonly string[]): FilePatch {
  const text = createTwoFilesPatch(`a/${FILE}`, `b/${FILE}`, join(before), join(after), '', '', {
    context: 3,
  });
  const [file] = parseDiff(text.slice(text.indexOf('---')), (line) => ({ file: 'm', line }));
  if (file === undefined) throw new Error('no difference');
  return file;
}

function patch(number: number, of: number, ...files: FilePatch[]): Patch {
  const at = { file: 'm', line: 1 };
  return { number, of, subject: 's', messageId: null, files, at };
}

function series(patches: Patch[], before: Patch[] = []): Series {
  return { version: 1, subject: 's', cover: null, patches, before, notes: [] };
}

function kernel(lines: readonly string[]): Kernel {
  return { name: 'DIR', files: new Map([[FILE, join(lines)]]) };
}

const texts = (text: CText | null | undefined): string[] => text?.lines.map((l) => l.text) ?? [];
const written = (lines: readonly string[]): { text: string; patch: number }[] =>
  lines.map((text) => ({ text, patch: 0 }));

describe('applyHunks', () => {
  it('gives the edited text', () => {
    fc.assert(
      fc.property(editedText(), ([before, after]) => {
        fc.pre(before.join('\n') !== after.join('\n') && before.length > 0 && after.length > 0);
        const { lines, failures, offset } = applyHunks(written(before), diff(before, after), 1);
        expect(failures).to.deep.equal([]);
        expect(offset).to.equal(0);
        expect(lines.map(({ text }) => text)).to.deep.equal(after);
      }),
    );
  });

  it('gives the edited text at an offset', () => {
    fc.assert(
      fc.property(
        history(1),
        fc.integer({ min: 1, max: 50 }),
        ([before = [], after = []], more) => {
          fc.pre(before.join() !== after.join());
          const head = Array.from({ length: more }, (_, i) => `head ${String(i)}`);
          const file = diff(before, after);
          fc.pre(file.hunks.every(({ oldLines }) => oldLines > 0));
          const { lines, failures, offset } = applyHunks(written([...head, ...before]), file, 1);
          expect(failures).to.deep.equal([]);
          expect(lines.map(({ text }) => text)).to.deep.equal([...head, ...after]);
          expect(offset).to.equal(more);
        },
      ),
    );
  });

  it('takes the nearest of several equal places, the later of two as near', () => {
    const file = diff(['a', 'x', 'b'], ['a', 'y', 'b']);
    const at = (lines: string[]): number =>
      applyHunks(written(lines), file, 1).lines.findIndex(({ text }) => text === 'y');
    const place = ['a', 'x', 'b'];
    expect(at([...place, ...place])).to.equal(1);
    expect(at(['-', ...place, ...place])).to.equal(2);
    const later = { hunks: file.hunks.map((hunk) => ({ ...hunk, oldStart: 4, newStart: 4 })) };
    const lines = [...place, '-', '-', '-', ...place];
    const found = applyHunks(written(lines), later, 1).lines.findIndex(({ text }) => text === 'y');
    expect(found).to.equal(7);
  });
});

describe('buildTree', () => {
  it('gives every state of a whole file, with numbers, authors and differences', () => {
    fc.assert(
      fc.property(history(3), (states) => {
        fc.pre(states.every((text, i) => i === 0 || text.join() !== states[i - 1]?.join()));
        fc.pre(states.every((text) => text.length > 0));
        const patches = [1, 2, 3].map((n) =>
          patch(n, 3, diff(states[n - 1] ?? [], states[n] ?? [])),
        );
        const { files, notes } = buildTree(series(patches), kernel(states[0] ?? []), noId);
        expect(notes).to.deep.equal([]);
        const file = files[0];
        expect(file?.states.map(texts)).to.deep.equal(states);
        for (const [n, text] of (file?.states ?? []).entries())
          for (const [i, line] of (text?.lines ?? []).entries()) {
            expect(line.number).to.equal(i + 1);
            const first = states.findIndex((lines) => lines.includes(line.text));
            expect(line.patch).to.equal(first).and.to.be.at.most(n);
          }
        for (const { patch: n, hunks } of file?.deltas ?? [])
          for (const { kind, text, before, after } of hunks.flat()) {
            expect(before === null).to.equal(kind === 'added');
            expect(after === null).to.equal(kind === 'removed');
            if (before !== null) expect(states[n - 1]?.[before - 1]).to.equal(text);
            if (after !== null) expect(states[n]?.[after - 1]).to.equal(text);
          }
      }),
    );
  });

  it('knows lines near changes, in every state, without a kernel tree', () => {
    fc.assert(
      fc.property(history(3), (states) => {
        fc.pre(states.every((text, i) => i === 0 || text.join() !== states[i - 1]?.join()));
        fc.pre(states.every((text) => text.length > 0));
        const diffs = [1, 2, 3].map((n) => diff(states[n - 1] ?? [], states[n] ?? []));
        const [first, second, third] = diffs as [FilePatch, FilePatch, FilePatch];
        // The first patch as one of an earlier series: what it wrote was there before the series.
        const made = series([patch(1, 2, second), patch(2, 2, third)], [patch(1, 1, first)]);
        const { files, notes } = buildTree(made, null, noId);
        expect(notes).to.deep.equal([]);
        expect(files[0]?.states).to.have.length(3);
        for (const [n, state] of (files[0]?.states ?? []).entries()) {
          expect(state?.whole).to.equal(false);
          const numbers = state?.lines.map(({ number }) => number) ?? [];
          expect(numbers).to.deep.equal([...new Set(numbers)].sort((a, b) => a - b));
          for (const { number, text } of state?.lines ?? [])
            expect(states[n + 1]?.[number - 1]).to.equal(text);
        }
        // What one patch shows of a line is known in all states that have the line.
        for (const { hunks } of files[0]?.deltas ?? [])
          for (const { kind, text } of hunks.flat())
            if (kind === 'context')
              for (const [n, state] of (files[0]?.states ?? []).entries())
                if (states[n + 1]?.includes(text) === true) expect(texts(state)).to.include(text);
      }),
    );
  });

  it('leaves an earlier series out whose lines contradict, and says so', () => {
    const base = ['a', 'b', 'c'];
    const own = patch(1, 1, diff(base, ['a', 'B', 'c']));
    const earlier = patch(1, 1, diff(['x', 'y', 'z'], ['x', 'Y', 'z']));
    const { files, notes } = buildTree(series([own], [earlier]), null, noId);
    expect(files[0]?.states.map(texts)).to.deep.equal([base, ['a', 'B', 'c']]);
    expect(notes[0]).to.match(/^drivers\/x\.c: the earlier series is not applied/);
  });

  const long = Array.from({ length: 60 }, (_, i) => `line ${String(i + 1)}`);
  const edit = (...at: number[]): string[] =>
    long.map((line, i) => (at.includes(i + 1) ? `new ${line}` : line));

  it('leaves out a hunk that does not apply, with patch, file, hunk, place and line', () => {
    const other = long.with(29, 'another line');
    const made = series([patch(1, 1, diff(long, edit(10, 30, 50)))]);
    const { files, notes } = buildTree(made, kernel(other), noId);
    expect(texts(files[0]?.states[1])).to.deep.equal(edit(10, 50).with(29, 'another line'));
    expect(files[0]?.deltas[0]?.hunks).to.have.length(2);
    expect(notes).to.deep.equal([
      'm:11: patch 1/1, drivers/x.c: hunk 2 of 3 does not apply: line 30 is "another line", expected "line 30"',
    ]);
  });

  it('refuses a file where fewer than half of the hunks apply, with the figure', () => {
    const made = series([patch(1, 1, diff(long, edit(10, 30, 50)))]);
    const tree = (lines: readonly string[]) => () => buildTree(made, kernel(lines), noId);
    expect(tree(long.with(29, 'x').with(49, 'y'))).to.throw(
      ReadError,
      'DIR/drivers/x.c: only 1 of 3 hunks of the series apply; expected the file of Linux 5.13-rc7 to 5.14',
    );
    expect(tree(edit(10, 30, 50))).to.throw(
      ReadError,
      '0 of 3 hunks of the series apply, since the file has most of them already; expected a tree without the series',
    );
    const half = series([patch(1, 1, diff(long, edit(10, 30)))]);
    expect(buildTree(half, kernel(long.with(29, 'x')), noId).notes).to.have.length(1);
  });

  it('says which hunks of an earlier series the tree has already', () => {
    const fixed = edit(10);
    const earlier = patch(1, 1, diff(long, fixed));
    const own = patch(1, 1, diff(fixed, edit(10, 30)));
    for (const start of [long, fixed]) {
      const { files, notes } = buildTree(series([own], [earlier]), kernel(start), noId);
      expect(files[0]?.states.map(texts)).to.deep.equal([fixed, edit(10, 30)]);
      expect(files[0]?.states[1]?.lines[9]?.patch).to.equal(0);
      expect(notes.join()).to.match(
        start === long ? /^$/ : /earlier series.*hunk 1 is in the tree already$/,
      );
    }
  });

  it('creates and removes files', () => {
    const created: FilePatch = { ...diff([], ['a', 'b']), created: true };
    const removed: FilePatch = { ...diff(['a', 'b'], []), removed: true };
    const made = series([patch(1, 2, created), patch(2, 2, removed)]);
    const other: Kernel = { name: 'DIR', files: new Map([['a.c', 'x\n']]) };
    for (const tree of [other, null]) {
      const { files } = buildTree(made, tree, noId);
      const file = files.find(({ path }) => path === FILE);
      expect(file?.states.map((state) => state && texts(state))).to.deep.equal([
        null,
        ['a', 'b'],
        null,
      ]);
      expect(file?.states[1]?.whole).to.equal(true);
    }
    expect(buildTree(made, other, noId).files.map(({ path }) => path)).to.deep.equal(['a.c', FILE]);
    expect(() => buildTree(made, kernel(['a']), noId)).to.throw(
      ReadError,
      'DIR: has drivers/x.c already, which patch 1/2 creates; expected a tree without the series',
    );
  });
});
