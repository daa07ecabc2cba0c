// SPDX-License-Identifier: GPL-2.0-only
// Every name of the four C files is declared in its module, in the C's order, or docs/porting.md says why not.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Declaration, type Member, declarationsOf } from './declarations';

interface Item {
  readonly name: string;
  readonly kind: string;
  readonly file: string;
  readonly line: number;
  readonly static: boolean | null;
  readonly introduced_by_patch: number;
  readonly changed_by_patches: readonly number[];
  readonly under?: readonly string[];
  readonly enumerators?: readonly string[];
  readonly type?: string;
  readonly earlier_name?: readonly string[];
}

const root = join(__dirname, '..', '..', '..');
const { items } = JSON.parse(readFileSync(join(root, 'test-fixtures/inventory.json'), 'utf8')) as {
  items: readonly Item[];
};

/** C file: its module, and the class that its functions are methods of. */
const modules: Readonly<
  Record<string, { readonly path: string; readonly unit: string; readonly stubs?: string }>
> = {
  'drivers/iommu/io-buffer-pool.c': {
    path: 'packages/io-buffer-pool/src/io-buffer-pool.ts',
    unit: 'io_buffer_pool_c',
  },
  'drivers/iommu/io-buffer-pool.h': {
    path: 'packages/dma-iommu/src/io-buffer-pool.h.ts',
    unit: 'io_buffer_pool_h',
    stubs: 'io_buffer_pool_h_stubs',
  },
  'drivers/iommu/dma-iommu.c': { path: 'packages/dma-iommu/src/dma-iommu.ts', unit: 'dma_iommu_c' },
  'include/linux/dma-iommu.h': {
    path: 'packages/iommu-core/src/dma-iommu.h.ts',
    unit: 'dma_iommu_h',
    stubs: 'dma_iommu_h_stubs',
  },
};

const parsed = new Map(
  Object.entries(modules).map(([file, m]) => [file, declarationsOf(join(root, m.path))] as const),
);

/** Rows `| name | why |` of docs/porting.md below the heading "Not ported". */
function notPorted(): Set<string> {
  const text = readFileSync(join(root, 'docs/porting.md'), 'utf8');
  const section = /\n## Not ported\n((?:.|\n)*?)(?:\n## |$)/.exec(text)?.[1] ?? '';
  const rows = [...section.matchAll(/^\| `([^`]+)` *\| *(\S[^|]*)\|$/gm)].map((m) => m[1] ?? '');
  return new Set(rows);
}

/** Where an item is declared: a place in the file, or why not. */
function place(item: Item): number | string {
  const m = modules[item.file];
  const top = parsed.get(item.file);
  if (!m || !top) return `no module for ${item.file}`;
  const find = (name: string, ...kinds: readonly Declaration['kind'][]): Declaration | undefined =>
    top.find((d) => d.name === name && kinds.includes(d.kind));
  const unit = find(
    item.under?.[0]?.startsWith('!') ? (m.stubs ?? '') : m.unit,
    'class',
    'interface',
  );
  const member = (name: string, kind: Member['kind']): Member | undefined =>
    unit?.members.find((x) => x.name === name && x.kind === kind);
  const listed = (list: string, name: string, value?: string): number | string => {
    const property = member(list, 'property');
    const text = property?.strings.get(name);
    if (property === undefined || text === undefined) return `${name} is not in ${m.unit}.${list}`;
    return value === undefined || text === value
      ? property.pos
      : `${list}.${name} is ${text}, not ${value}`;
  };
  const at = (d: { readonly pos: number } | undefined): number | string =>
    d?.pos ?? `not declared in ${m.path}`;
  switch (item.kind) {
    case 'struct':
      return at(find(item.name, 'class'));
    case 'enum': {
      const constants = (item.enumerators ?? []).map((name) => at(find(name, 'const')));
      const missing = constants.find((c) => typeof c === 'string');
      return (
        missing ??
        (isAscending(constants as number[])
          ? at(find(item.name, 'type'))
          : 'enumerators out of order')
      );
    }
    case 'macro':
      return at(find(item.name, 'const'));
    case 'variable':
    case 'extern_variable':
      return at(member(item.name, 'property'));
    case 'function':
    case 'prototype': {
      const method = member(item.name, 'method');
      const isTranslationUnit = item.file.endsWith('.c');
      if (method && isTranslationUnit && method.hidden !== item.static)
        return `${item.name} is ${method.hidden ? '' : 'not '}hidden, in C it is ${item.static ? '' : 'not '}static`;
      return at(method);
    }
    case 'forward_declaration':
      return at(find(item.name, 'type', 'interface', 'class', 'import'));
    case 'module_param':
      return listed('module_param', item.name, item.type);
    case 'early_param': {
      const [text, setup] = item.name.split(', ');
      return listed('early_param', (text ?? '').replaceAll('"', ''), setup);
    }
    case 'EXPORT_SYMBOL':
    case 'EXPORT_SYMBOL_GPL':
    case 'arch_initcall':
      return listed(item.kind, item.name);
    default:
      return `unknown kind ${item.kind}`;
  }
}

function isAscending(positions: readonly number[]): boolean {
  return positions.every((p, i) => i === 0 || p > (positions[i - 1] ?? 0));
}

describe('the inventory of the four C files', () => {
  const excused = notPorted();
  const places = items.map((item) => ({ item, place: place(item) }));
  const ported = places.filter((p) => typeof p.place === 'number');

  after(() => {
    console.log(`      ported ${String(ported.length)}/${String(items.length)}`);
  });

  it("has every name declared in its module, with the C's linkage, or a row in docs/porting.md", () => {
    const problems = places
      .filter((p) => typeof p.place === 'string' && !excused.has(p.item.name))
      .map(
        (p) =>
          `${p.item.file}:${String(p.item.line)} ${p.item.kind} ${p.item.name}: ${String(p.place)}`,
      );
    expect(problems).to.deep.equal([]);
  });

  it('has at most a dozen rows in docs/porting.md, each for a name that is missing', () => {
    const missing = new Set(
      places.filter((p) => typeof p.place === 'string').map((p) => p.item.name),
    );
    expect([...excused].filter((name) => !missing.has(name))).to.deep.equal([]);
    expect(excused.size).to.be.at.most(12);
  });

  for (const [file, m] of Object.entries(modules))
    for (const group of [
      ['struct', 'enum', 'macro'],
      ['function', 'variable', 'prototype', 'extern_variable'],
    ])
      it(`keeps the C's order in ${m.path}: ${group.join(', ')}`, () => {
        for (const branch of [true, false]) {
          const inOrder = ported
            .filter(({ item }) => item.file === file && group.includes(item.kind))
            .filter(({ item }) => (item.under?.[0]?.startsWith('!') ?? false) === branch)
            .sort((a, b) => a.item.line - b.item.line);
          const positions = inOrder.map((p) => p.place as number);
          const wrong = inOrder.filter(
            (_, i) => i > 0 && (positions[i] ?? 0) <= (positions[i - 1] ?? 0),
          );
          expect(wrong.map((p) => p.item.name)).to.deep.equal([]);
        }
      });

  it('lists in `symbols` exactly what is not static', () => {
    for (const [file, m] of Object.entries(modules).filter(([f]) => f.endsWith('.c'))) {
      const unit = parsed.get(file)?.find((d) => d.name === m.unit);
      const symbols = [...(unit?.members.find((x) => x.name === 'symbols')?.strings.keys() ?? [])];
      const exported = items
        .filter(
          (i) => i.file === file && i.static === false && ['function', 'variable'].includes(i.kind),
        )
        .map((i) => i.name);
      expect(symbols).to.deep.equal(exported);
    }
  });
});

describe('the text before each patch', () => {
  for (const patch of [1, 2, 3, 4])
    it(`has, for patch ${String(patch)}, just what the inventory says it changed`, () => {
      const file = join(root, `packages/dma-iommu/src/before-patch-${String(patch)}.ts`);
      const classes = declarationsOf(file).filter((d) => d.kind === 'class');
      const unit = classes.find((d) => d.name === `dma_iommu_c_before_patch_${String(patch)}`);
      const methods = unit?.members.filter((m) => m.kind === 'method').map((m) => m.name) ?? [];
      const structs = classes
        .filter((d) => d !== unit)
        .map((d) => d.name.replace(/_before_patch_\d$/, ''));
      const changed = items
        .filter(
          (i) => i.file === 'drivers/iommu/dma-iommu.c' && i.changed_by_patches.includes(patch),
        )
        .map((i) => (patch <= 3 ? (i.earlier_name?.[0] ?? i.name) : i.name));
      expect([...methods, ...structs].sort()).to.deep.equal(changed.sort());
    });
});
