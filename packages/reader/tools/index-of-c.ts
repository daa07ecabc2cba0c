// SPDX-License-Identifier: GPL-2.0-only
// docs/index-of-c.md: where each C name is in the TypeScript, which patch brought it, and what is known of it.

import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { format } from 'oxfmt';
import { series } from '@iommu-bounce/integration';
import { readMarginDocuments } from '../src/margin/files';
import type { Mark } from '../src/margin/margin';
import { anchorOf } from '../src/margin/markdown';
import { readMargin } from '../src/margin/read-margin';
import { readPort } from '../src/port/files';
import { linesByPatch } from './lines-by-patch';
import { type Named, type Outline, type SourceText, outlineOf } from './outline';
import { root, sources } from './sources';

interface Item {
  readonly name: string;
  readonly kind: string;
  readonly file: string;
  readonly line: number;
  readonly introduced_by_patch: number;
  readonly changed_by_patches: readonly number[];
  readonly under?: readonly string[];
  readonly earlier_name?: readonly string[];
}

export const { items } = JSON.parse(
  readFileSync(join(root, 'test-fixtures/inventory.json'), 'utf8'),
) as { items: readonly Item[] };

/** C file: its module, the class or interface that it became, and the one that has the stubs. */
const MODULES: Readonly<Record<string, { path: string; unit: string; stubs?: string }>> = {
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

const PATCHES = 4;
const COVER = '20210707075505.2896824-1-stevensd@google.com';
const FIXES = [
  [
    '20210702053742.842850-1-stevensd@google.com',
    'dma-iommu: fix swiotlb SKIP_CPU_SYNC and arch sync',
  ],
  ['20210702053742.842850-2-stevensd@google.com', 'dma-iommu: Check CONFIG_SWIOTLB more broadly'],
] as const;

const margin = readMargin(readPort().files, readMarginDocuments());

function source(path: string): SourceText {
  const found = sources.find((s) => s.path === path);
  if (!found) throw new Error(`${path} is not there`);
  return found;
}

/** The TypeScript of a C name. */
function place(item: Item, outline: Outline, unit: string): Named {
  const [first = ''] = item.name.replaceAll('"', '').split(', ');
  const is = (owner: string | null, ...kinds: readonly Named['kind'][]): Named | undefined =>
    outline.named.find((n) => n.name === first && n.owner === owner && kinds.includes(n.kind));
  const found = {
    struct: () => is(null, 'class'),
    enum: () => is(null, 'type'),
    macro: () => is(null, 'const'),
    variable: () => is(unit, 'property'),
    extern_variable: () => is(unit, 'property'),
    function: () => is(unit, 'method'),
    prototype: () => is(unit, 'method'),
    forward_declaration: () => is(null, 'type', 'interface', 'class', 'import'),
  }[item.kind];
  const named = found ? found() : is(item.kind, 'entry');
  if (!named) throw new Error(`${item.kind} ${item.name} is not in ${outline.path}`);
  return named;
}

/** A link from docs/ to lines of a file. */
function link(path: string, [from, to]: readonly [number, number], text: string): string {
  const lines = from === to ? `L${String(from)}` : `L${String(from)}-L${String(to)}`;
  return `[${text}](../${path}#${lines})`;
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function patchNames(patches: readonly number[]): string {
  return patches.map((n) => (n === 0 ? 'base' : String(n))).join(', ');
}

/** `[8]` and `[iova 2]`: the page's end says where these links go. */
function entries(marks: readonly Mark[], kind: Mark['kind']): string {
  const named = marks
    .filter((m) => m.kind === kind)
    .sort((a, b) => a.number - b.number)
    .map((m) => `[${m.section === null ? '' : `${m.section} `}${String(m.number)}]`);
  return [...new Set(named)].join(', ');
}

function tableOf(file: string): string[] {
  const m = MODULES[file];
  if (!m) throw new Error(`${file}: which module?`);
  const outline = outlineOf(source(m.path));
  const rows = items
    .filter((item) => item.file === file)
    .map((item) => {
      const unit = item.under?.[0]?.startsWith('!') ? (m.stubs ?? '') : m.unit;
      const named = place(item, outline, unit);
      const marks = margin.marks.filter(
        (k) => k.path === m.path && named.from <= k.line && k.line <= named.to,
      );
      return row(
        `\`${item.name}\``,
        item.kind.replaceAll('_', item.kind === item.kind.toLowerCase() ? ' ' : '_'),
        String(item.line),
        patchNames([item.introduced_by_patch]),
        patchNames(item.changed_by_patches),
        link(m.path, [named.from, named.from], `${basename(m.path)}:${String(named.from)}`),
        entries(marks, 'finding'),
        entries(marks, 'deviation'),
      );
    });
  return [
    `### ${file}`,
    row(
      'C name',
      'kind',
      'line in C',
      'patch',
      'changed by',
      'TypeScript',
      'findings',
      'deviations',
    ),
    row(...Array.from({ length: 8 }, () => '---')),
    ...rows,
    '',
  ];
}

function patchTables(): string[] {
  const { path } = source('packages/dma-iommu/src/dma-iommu.ts');
  const befores = Array.from({ length: PATCHES }, (_, i) => ({
    ...source(`packages/dma-iommu/src/before-patch-${String(i + 1)}.ts`),
    patch: i + 1,
  }));
  const mine = items.filter((i) => i.file === 'drivers/iommu/dma-iommu.c');
  const earlier = mine.flatMap((i) => (i.earlier_name ?? []).map((old) => [old, i.name] as const));
  const added = mine
    .filter((i) => i.introduced_by_patch > 0)
    .map((i) => [i.name, i.introduced_by_patch] as const);
  const changes = linesByPatch(source(path), befores, new Map(earlier), new Map(added));
  return series.flatMap(({ patch, subject }) => [
    `### Patch ${String(patch)}/${String(PATCHES)}: ${subject}`,
    row('changed', 'its lines in dma-iommu.ts'),
    row('---', '---'),
    ...changes
      .filter((c) => c.patch === patch)
      .map((c) =>
        row(
          `\`${c.name}\``,
          c.ranges
            .map((r) =>
              link(path, r, r[0] === r[1] ? String(r[0]) : `${String(r[0])}-${String(r[1])}`),
            )
            .join(', ') || 'none',
        ),
      ),
    '',
  ]);
}

function mails(): string[] {
  const mail = (what: string, subject: string, id: string): string =>
    row(what, `[${subject}](https://lore.kernel.org/all/${id}/)`);
  return [
    row('mail', 'subject'),
    row('---', '---'),
    mail(`0/${String(PATCHES)}`, 'Add dynamic iommu backed bounce buffers', COVER),
    ...series.map((p) => mail(`${String(p.patch)}/${String(PATCHES)}`, p.subject, p.messageId)),
    ...FIXES.map(([id, subject], i) => mail(`fix ${String(i + 1)} of 2`, subject, id)),
    '',
  ];
}

/** Where `[8]` and `[iova 2]` lead; only those that the page has. */
function references(page: string): string[] {
  return [
    ...margin.findings.map(({ number, title }) => [
      String(number),
      `findings.md#${anchorOf(`${String(number)}. ${title}`)}`,
    ]),
    ...margin.deviations.map(({ section, number }) => [
      `${section} ${String(number)}`,
      `porting.md#${anchorOf(section)}`,
    ]),
  ].flatMap(([name = '', target = '']) =>
    page.includes(`[${name}]`) ? [`[${name}]: ${target}`] : [],
  );
}

/** The page, formatted. */
export async function indexOfC(): Promise<string> {
  const text = [
    '# Index of the C',
    '',
    'With this page you can go from a C name to its patch, to its place in the TypeScript, and to what is known of it: the',
    '[findings](findings.md) and [deviations](porting.md#deviations) that the code names at its lines.',
    '`npm run index-of-c` writes the page; a test compares it with the sources.',
    '',
    '## The mails',
    '',
    'The four patches, their cover letter, and the two fixes of 2 July 2021 that they stand on.',
    '',
    ...mails(),
    '## What each patch changed in dma-iommu.ts',
    '',
    '`dma-iommu.ts` is the text after patch 4. The lines are those that the patch wrote and no later patch wrote again. The text',
    'before patch N is in `before-patch-N.ts`; [porting.md](porting.md#the-five-states) says how the states fit together.',
    '',
    ...patchTables(),
    '## The names, file by file',
    '',
    '"Line in C" is the line after patch 4. "Patch" is the one that brought the name; `base` is the kernel with the two fixes.',
    '',
    ...Object.keys(MODULES).flatMap(tableOf),
  ].join('\n');
  const { code } = await format('index-of-c.md', `${text}\n${references(text).join('\n')}\n`);
  return code;
}
