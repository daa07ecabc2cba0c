// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { alignFiles } from '../../src/beside/align';
import { filesBeside } from '../../src/beside/files-beside';
import { loadCReader } from '../../src/c/files';
import { type CReader, wholeText } from '../../src/c/parse';
import { parsePortFile } from '../../src/port/parse';
import type { FileBeside, Row } from '../../src/beside/beside';
import type { PortFile } from '../../src/port/port';
import { ROOT, fixturePort, fixtureTree } from '../fixture-tree';
import { realReading } from '../real-series';

function portFile(text: string): PortFile {
  const file = parsePortFile('packages/box/src/box.ts', 'box', `// C: drivers/box/box.c\n${text}`);
  if (!file) throw new Error('the text mirrors nothing');
  return file;
}

/** Each line of both sides once, and the C's in order. */
function expectComplete(rows: readonly Row[], c: number, ts: number): void {
  const cLines = rows.flatMap((row) => row.c ?? []);
  const tsLines = rows.flatMap((row) => row.ts ?? []);
  expect(cLines).to.deep.equal(Array.from({ length: c }, (_, i) => i + 1));
  expect([...tsLines].sort((a, b) => a - b)).to.deep.equal(
    Array.from({ length: ts }, (_, i) => i + 1),
  );
}

const facing = (beside: FileBeside, c: number): number | null | undefined =>
  beside.rows.find((row) => row.c === c)?.ts;

describe('a C file beside the port', () => {
  let reader: CReader;
  before(async () => {
    reader = await loadCReader();
  });

  it('has a step that both have on one row, and a line without counterpart beside a gap', () => {
    const c =
      'int f(struct box *box)\n{\n\tint ret;\n\n\tret = put(box);\n\tif (ret)\n\t\tgoto out;\n\treturn 0;\nout:\n\tkfree(box);\n\treturn ret;\n}\n';
    const ts = portFile(
      'export class box_c {\n  f(box: box): number {\n    out: {\n      const ret = this.put(box);\n      if (ret) break out;\n      return 0;\n    }\n    this.k.kfree(box);\n    return ret;\n  }\n}\n',
    );
    const source = reader.parse('drivers/box/box.c', wholeText(c));
    const beside = alignFiles(source, ts, 1);
    expectComplete(beside.rows, 12, ts.lines.length);
    expect([1, 5, 6, 8, 9, 10, 11, 12].map((line) => facing(beside, line))).to.deep.equal([
      3, 5, 6, 7, 8, 9, 10, 11,
    ]);
    expect(facing(beside, 7)).to.equal(null);
    expect(beside.pairs.map((p) => [p.name, p.c?.from, p.ts?.from])).to.deep.equal([['f', 1, 3]]);
  });

  it('joins a line to the row above whose other side has both statements on one line', () => {
    const c =
      'int f(struct box *box)\n{\n\tint i;\n\n\tif (!box)\n\t\treturn -EINVAL;\n\n\ti = put(box);\n\treturn look(i) + 1;\n}\n';
    const ts = portFile(
      'function f(box_in: object | null): number {\n  if (!box_in) return -EINVAL;\n  const box = to_box(box_in);\n  // ours\n  const i = this.put(box);\n  return (\n    this.look(i) +\n    1\n  );\n}\n',
    );
    const { rows } = alignFiles(reader.parse('drivers/box/box.c', wholeText(c)), ts, 1);
    expectComplete(rows, 10, ts.lines.length);
    const row = (line: number): Row | undefined => rows.find((one) => one.c === line);
    expect(row(5)).to.deep.equal({ c: 5, ts: 3, matched: true });
    expect(row(6)).to.deep.equal({ c: 6, ts: null, matched: true });
    expect(row(7)).to.include({ matched: false });
    expect(row(8)).to.deep.equal({ c: 8, ts: 6, matched: true });
    expect(row(9)).to.deep.equal({ c: 9, ts: 7, matched: true });
    expect(rows.find(({ ts: line }) => line === 8)).to.deep.equal({
      c: null,
      ts: 8,
      matched: true,
    });
    // A declaration, and what stands beside it by chance.
    expect(row(3)?.matched).to.equal(false);
    expect(rows.find(({ ts: line }) => line === 4)?.matched).to.equal(false);
  });

  it('takes lines between matched steps for counterparts if they use the same names', () => {
    const c = 'void f(struct box *box)\n{\n\tint i;\n\n\tbox->weight = i;\n\tx();\n}\n';
    const ts = portFile(
      'function f(box: box): void {\n  // ours\n  const other = 1;\n  box.weight = i;\n  x();\n}\n',
    );
    const { rows } = alignFiles(reader.parse('drivers/box/box.c', wholeText(c)), ts, 1);
    expect(rows.find((one) => one.c === 5)).to.deep.equal({ c: 5, ts: 5, matched: true });
    expect(rows.filter((one) => one.matched).map((one) => one.c)).to.deep.equal([1, 5, 6, 7]);
  });

  it('keeps a function that stands elsewhere in the TypeScript with its C', () => {
    const c = 'void a(void)\n{\n\tx();\n}\n\nvoid b(void)\n{\n\ty();\n}\n';
    const ts = portFile(
      'function b() {\n  y();\n}\n\n/** JS: ours. */\nfunction own() {}\n\nfunction a() {\n  x();\n}\n',
    );
    const beside = alignFiles(reader.parse('box.c', wholeText(c)), ts, 0);
    expectComplete(beside.rows, 9, ts.lines.length);
    expect([facing(beside, 3), facing(beside, 8)]).to.deep.equal([10, 3]);
    expect(beside.pairs.find((p) => p.name === 'own')?.c).to.equal(null);
  });

  it('has a row for each line of a file that nothing mirrors', () => {
    const beside = alignFiles(reader.parse('x.c', wholeText('int a;\n\nint b;\n')), null, 0);
    expect(beside.rows).to.deep.equal(
      [1, 2, 3].map((line) => ({ c: line, ts: null, matched: false })),
    );
    expect(beside.tsPath).to.equal(null);
  });

  it('shows only known lines of a file that is known by its hunks', () => {
    const text = {
      whole: false,
      lines: [4, 5, 9].map((number) => ({ number, text: 'x();', patch: 1 })),
    };
    const beside = alignFiles(reader.parse('x.c', text), null, 0, (line) =>
      [4, 5, 9].includes(line),
    );
    expect(beside.rows.map((row) => row.c)).to.deep.equal([4, 5, 9]);
  });

  it('has every line of the fixture exactly once', () => {
    const [tree, port] = [fixtureTree(), fixturePort()];
    const all = filesBeside(reader, tree, port);
    expect(all.map((b) => b.cPath.replace(/.*\//u, ''))).to.deep.equal([
      'tally-pool.c',
      'tally-pool.h',
      'tally.c',
      'tally.h',
    ]);
    for (const beside of all) {
      const c = tree.files.find((f) => f.path === beside.cPath)?.states[4]?.lines.length ?? 0;
      const ts = port.files.find((f) => f.path === beside.tsPath)?.lines.length ?? 0;
      expectComplete(beside.rows, c, ts);
      for (const { rows, c: own } of beside.pairs)
        if (own)
          expect(beside.rows.slice(rows[0], rows[1]).some((row) => row.c === own.from)).to.equal(
            true,
          );
    }
  });

  it('has every line exactly once, whatever the order of functions and what is missing', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const list = fc.shuffledSubarray(names);
    fc.assert(
      fc.property(
        list,
        list,
        fc.array(fc.nat(3), { minLength: 5, maxLength: 5 }),
        (left, right, calls) => {
          const body = (name: string): string =>
            Array.from(
              { length: calls[names.indexOf(name)] ?? 0 },
              (_, i) => `  ${name}${String(i)}();\n`,
            ).join('');
          const c = left.map((n) => `/* ${n} */\nvoid ${n}(void)\n{\n${body(n)}}\n`).join('\n');
          const ts = portFile(
            right.map((n) => `function ${n}() {\n${body(n)}}\n`).join('\n') + '\nconst last = 0;\n',
          );
          const source = reader.parse('box.c', wholeText(c));
          const beside = alignFiles(source, ts, 0);
          expectComplete(beside.rows, source.lines.length, ts.lines.length);
          for (const name of left.filter((n) => right.includes(n)))
            expect(
              beside.pairs.some((p) => p.name === name && p.c && p.ts),
              name,
            ).to.equal(true);
        },
      ),
    );
  });

  it('has a counterpart for every function of the inventory', async function () {
    const reading = await realReading();
    if (!reading) this.skip();
    const inventory = JSON.parse(
      readFileSync(path.join(ROOT, 'test-fixtures', 'inventory.json'), 'utf8'),
    ) as { items: { name: string; kind: string; file: string }[] };
    const functions = inventory.items.filter((item) => item.kind === 'function');
    const pairs = new Set(
      reading.c.beside.flatMap((beside) =>
        beside.pairs.flatMap((p) => (p.c && p.ts ? [`${beside.cPath} ${p.name}`] : [])),
      ),
    );
    expect(functions).to.have.length(88);
    expect(functions.filter(({ file, name }) => !pairs.has(`${file} ${name}`))).to.deep.equal([]);
  });

  it('has every line of the real files exactly once', async function () {
    const reading = await realReading();
    if (!reading) this.skip();
    const { port } = reading;
    for (const beside of reading.c.beside) {
      const c =
        reading.c.tree.files.find((f) => f.path === beside.cPath)?.states[4]?.lines.length ?? 0;
      const ts = port.files.find((f) => f.path === beside.tsPath)?.lines.length ?? 0;
      expectComplete(beside.rows, c, ts);
    }
  });
});
