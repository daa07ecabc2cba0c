// SPDX-License-Identifier: GPL-2.0-only

import { expect } from 'chai';
import { changedFunctions } from '../../src/beside/changed';
import type { ChangedFunction } from '../../src/beside/beside';
import { loadCReader } from '../../src/c/files';
import type { CReader } from '../../src/c/parse';
import { parsePortFile } from '../../src/port/parse';
import type { Port, PortFile } from '../../src/port/port';
import type { CFile } from '../../src/tree/c-file';
import { fileOf, fixturePort, fixtureTree } from '../fixture-tree';
import { realReading } from '../real-series';

const short = (changed: ChangedFunction): string =>
  [changed.name, changed.tsBefore ?? '-', changed.tsAfter ?? '-']
    .map((p) => p.replace(/.*\//u, ''))
    .join(' ');

/** The same file with only the lines that its deltas show. */
function byHunks(file: CFile, sections: readonly string[]): CFile {
  return {
    ...file,
    states: file.states.map((text, n) => {
      const known = new Set<number | null>();
      for (const row of file.deltas.find((d) => d.patch === n)?.hunks.flat() ?? [])
        known.add(row.after);
      for (const row of file.deltas.find((d) => d.patch === n + 1)?.hunks.flat() ?? [])
        known.add(row.before);
      return text && { whole: false, lines: text.lines.filter((line) => known.has(line.number)) };
    }),
    deltas: file.deltas.map((delta) => ({ ...delta, sections })),
  };
}

describe('what a patch changed', () => {
  let reader: CReader;
  before(async () => {
    reader = await loadCReader();
  });

  it('is told function by function, on both sides, renamed and new ones too', () => {
    const [tree, port] = [fixtureTree(), fixturePort()];
    const of = (patch: number): string[] => changedFunctions(reader, tree, port, patch).map(short);
    expect(of(1)).to.deep.equal([
      'tally_alloc_mark before-patch-1.ts before-patch-2.ts',
      'tally_put_mark before-patch-1.ts before-patch-2.ts',
      'tally_put_pair before-patch-1.ts before-patch-2.ts',
    ]);
    expect(of(3)).to.include('__tally_alloc_mark before-patch-3.ts tally.ts');
    expect(of(3)).to.include('__tally_insert tally.ts tally.ts');
    expect(of(4)).to.include('tally_pool_get - tally-pool.ts');
    expect(of(4)).to.include('tally_put_mark before-patch-4.ts tally.ts');
  });

  it('has the rows of the patch, and those of the TypeScript with lines of both files', () => {
    const [tree, port] = [fixtureTree(), fixturePort()];
    for (const patch of [1, 2, 3, 4])
      for (const changed of changedFunctions(reader, tree, port, patch)) {
        expect(changed.c.some((row) => row.kind !== 'context')).to.equal(true);
        for (const row of changed.ts) {
          const lines = (path: string | null): readonly string[] =>
            port.files.find((f) => f.path === path)?.lines ?? [];
          // An unchanged line may differ in what is no code: a comment at its end, an override.
          if (row.before !== null && row.kind === 'removed')
            expect(lines(changed.tsBefore)[row.before - 1]).to.equal(row.text);
          if (row.after !== null) expect(lines(changed.tsAfter)[row.after - 1]).to.equal(row.text);
        }
      }
  });

  it('takes the name of a function from the section of its hunk where the rest is not known', () => {
    const text = (x: string): string =>
      `int f(void)\n{\n${'\tint a;\n'.repeat(9)}\t${x}\n${'\tint b;\n'.repeat(9)}}\n`;
    const whole = fileOf('drivers/box/box.c', [text('one();'), text('two();')]);
    const tree = {
      files: [byHunks(whole, ['int f(void)'])],
      notes: [],
      versions: [],
      unapplied: 0,
    };
    const changed = changedFunctions(reader, tree, { files: [], patches: 1 }, 1);
    expect(changed.map((c) => c.name)).to.deep.equal(['f']);
    expect(
      changed[0]?.c.filter((row) => row.kind !== 'context').map((row) => row.text.trim()),
    ).to.deep.equal(['one();', 'two();']);
  });

  it('has the lines between the hunks of a function where the file is known as a whole', () => {
    const text = (x: string): string =>
      `int g;\nint f(void)\n{\n${'\tint a;\n'.repeat(9)}\t${x}\n${'\tint b;\n'.repeat(9)}\t${x}\n}\n\nint last;\n`;
    const whole = fileOf('drivers/box/box.c', [text('one();'), text('two();\n\tthree();')]);
    const of = (file: CFile): ChangedFunction | undefined =>
      changedFunctions(
        reader,
        { files: [file], notes: [], versions: [], unapplied: 0 },
        { files: [], patches: 1 },
        1,
      )[0];
    const rows = of(whole)?.whole ?? [];
    expect(rows.flatMap((row) => row.after ?? [])).to.deep.equal(
      Array.from({ length: 25 }, (_, i) => i + 2),
    );
    expect(rows.flatMap((row) => row.before ?? [])).to.deep.equal(
      Array.from({ length: 23 }, (_, i) => i + 2),
    );
    const known = of(byHunks(whole, ['', 'int f(void)']));
    expect(known?.whole).to.deep.equal(known?.c);
  });

  it('tells which lines are counterparts, before and after', () => {
    const [tree, port] = [fixtureTree(), fixturePort()];
    const put = changedFunctions(reader, tree, port, 4).find(
      (one) => one.name === 'tally_put_mark',
    );
    for (const [state, path] of [
      ['before', put?.tsBefore],
      ['after', put?.tsAfter],
    ] as const) {
      const pairs = put?.matches[state] ?? [];
      expect(pairs).to.have.length.above(3);
      const file = port.files.find((one) => one.path === path);
      const text = tree.files.find((one) => one.path === put?.cPath)?.states[
        state === 'after' ? 4 : 3
      ];
      const calls = pairs.filter(([c]) =>
        /tally_lookup|unlock\(/.test(text?.lines[c - 1]?.text ?? ''),
      );
      for (const [c, ts] of calls)
        expect(file?.lines[ts - 1], text?.lines[c - 1]?.text).to.match(/tally_lookup|unlock\(/);
    }
  });

  it('counts neither a comment at the end of a line nor an override as a change', () => {
    const file = (path: string, beforePatch: number | null, lines: string): PortFile => {
      const parsed = parsePortFile(path, 'box', `// C: drivers/box/box.c\n${lines}`);
      if (!parsed) throw new Error('mirrors nothing');
      return { ...parsed, beforePatch };
    };
    const texts = (body: string, word: string): string =>
      `class box_c {\n  protected ${word}f(): void {\n    ${body}\n  }\n}\n`;
    const port = (old: string, now: string): Port => ({
      patches: 1,
      files: [
        file('packages/box/src/before-patch-1.ts', 1, texts(old, '')),
        file('packages/box/src/box.ts', null, texts(now, 'override ')),
      ],
    });
    const c = fileOf('drivers/box/box.c', [
      'void f(void)\n{\n\tone();\n}\n',
      'void f(void)\n{\n\ttwo();\n}\n',
    ]);
    const rows = (old: string, now: string): string[] =>
      (
        changedFunctions(
          reader,
          { files: [c], notes: [], versions: [], unapplied: 0 },
          port(old, now),
          1,
        )[0]?.ts ?? []
      )
        .filter(({ kind }) => kind !== 'context')
        .map(({ text }) => text.trim());
    expect(rows("one('// a');", "one('// a'); // deviation 11")).to.deep.equal([]);
    expect(rows('one(); // ours', 'one(); /* theirs */')).to.deep.equal([]);
    expect(rows("one('// a');", "one('// b');")).to.deep.equal(["one('// a');", "one('// b');"]);
    expect(rows('one(); // ours', 'two(); // ours')).to.deep.equal([
      'one(); // ours',
      'two(); // ours',
    ]);
    expect(rows('// ours', '// theirs')).to.deep.equal(['// ours', '// theirs']);
  });

  it('is nothing where a patch leaves a file as it is', () => {
    const file = fileOf('drivers/box/box.c', ['int f(void)\n{\n}\n', 'int f(void)\n{\n}\n']);
    expect(
      changedFunctions(
        reader,
        { files: [file], notes: [], versions: [], unapplied: 0 },
        { files: [], patches: 1 },
        1,
      ),
    ).to.deep.equal([]);
  });

  it('has the eleven functions that before-patch-4.ts keeps', async function () {
    const reading = await realReading();
    if (!reading) this.skip();
    const changed = changedFunctions(reading.c.reader, reading.c.tree, reading.port, 4);
    expect(changed.filter((c) => c.tsBefore?.endsWith('before-patch-4.ts'))).to.have.length(11);
    expect(changed.filter((c) => c.cPath.endsWith('pool.c'))).to.have.length(19);
  });
});
