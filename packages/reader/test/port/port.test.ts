// SPDX-License-Identifier: GPL-2.0-only

import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { loadCReader } from '../../src/c/files';
import { wholeText } from '../../src/c/parse';
import { matchSteps } from '../../src/beside/match';
import { readPort } from '../../src/port/files';
import { parsePortFile } from '../../src/port/parse';
import type { PortDefinition } from '../../src/port/port';
import { functionsAfter, mirrorOf } from '../../src/port/state';
import { ReadError } from '../../src/read-error';
import { fixturePort } from '../fixture-tree';

const HEAD =
  '// SPDX-License-Identifier: GPL-2.0-only\n// A box. C: drivers/box/box.c, patch 2/4\n\n';

function definitionsOf(text: string): readonly PortDefinition[] {
  return parsePortFile('packages/box/src/box.ts', 'box', HEAD + text)?.definitions ?? [];
}

function stepsOf(body: string): string[] {
  const [found] = definitionsOf(`function f() {\n${body}\n}\n`);
  return found?.steps.map((s) => `${s.kind} ${s.name}`.trim()) ?? [];
}

describe('a file of the port', () => {
  it('says by its header, or by the doc comment of a class, which C it mirrors', () => {
    expect(parsePortFile('a.ts', 'box', `${HEAD}const a = 1;\n`)?.mirrors).to.equal(
      'drivers/box/box.c',
    );
    const doc = '// nothing\n/** drivers/box/other.c before patch 2/4 */\nexport class x {}\n';
    const file = parsePortFile('src/before-patch-2.ts', 'box', doc);
    expect(file?.mirrors).to.equal('drivers/box/other.c');
    expect(file?.beforePatch).to.equal(2);
    expect(parsePortFile('a.ts', 'box', '// A box.\nconst a = 1;\n')).to.equal(null);
  });

  it('has methods of a unit, functions, closures, statics and fields by their C kinds', () => {
    const found = definitionsOf(`/** A mark. */
export class mark {
  when = 0;
}
const MARK_MAX = 3;
/** drivers/box/box.c */
export class box_c {
  static readonly EXPORT_SYMBOL = ['box_put', 'box_get'] as const;
  static readonly module_param = { max: 'uint' } as const;
  private readonly max: number;
  constructor() {
    const local = () => 1;
  }
  /** Puts. C: box.c box_put, patch 3/4 */
  box_put(): number {
    return 0; // JS: always
  }
  readonly arrow = (a: number) => this.box_put();
}
interface box_h {
  box_put(): number;
  off: boolean;
}
`);
    expect(
      found.map((d) => `${d.kind} ${d.owner ?? ''}.${d.name} ${d.unit ?? ''}`.trim()),
    ).to.deep.equal([
      'struct .mark',
      'field mark.when',
      'macro .MARK_MAX',
      'struct .box_c',
      'registration EXPORT_SYMBOL.box_put box_c',
      'registration EXPORT_SYMBOL.box_get box_c',
      'registration module_param.max box_c',
      'variable .max box_c',
      'function .local box_c',
      'function .box_put box_c',
      'function .arrow box_c',
      'struct .box_h',
      'prototype box_h.box_put',
      'field box_h.off',
    ]);
    const put = found.find((d) => d.kind === 'function' && d.name === 'box_put');
    expect(put?.patch).to.equal(3);
    expect(put?.reasons).to.deep.equal([
      { line: 19, kind: 'JS', text: 'always', covers: [19, 19] },
    ]);
  });

  it('spells steps as C does', () => {
    expect(stepsOf('this.k.locks.spin_lock(deref(a).lock);')).to.deep.equal(['call spin_lock']);
    expect(stepsOf('return dma_addr_t(this.iova.alloc_iova(String(a)));')).to.deep.equal([
      'call alloc_iova',
      'return',
    ]);
    expect(stepsOf('return -ENOMEM;')).to.deep.equal(['return -ENOMEM']);
    expect(stepsOf('if (this.config.DMA_REMAP) return null;')).to.deep.equal([
      'constant CONFIG_DMA_REMAP',
      'if',
      'return NULL',
      'end',
    ]);
    expect(stepsOf('deref(d.ops).flush?.(d);')).to.deep.equal(['if', 'call flush', 'end']);
    expect(stepsOf('deref(d.flush_cb)(d);')).to.deep.equal(['call flush_cb']);
    expect(stepsOf('INIT(w, (x) => { this.evict(x); });')).to.deep.equal([
      'call INIT',
      'pointer evict',
    ]);
    expect(stepsOf('a = Math.min(b, Math.floor(c / PAGE_SIZE));')).to.deep.equal([
      'call min',
      'constant PAGE_SIZE',
    ]);
    expect(stepsOf('a ??= this.get();')).to.deep.equal(['if', 'call get', 'end']);
    expect(stepsOf('if (a?.b !== 1) return;')).to.deep.equal([
      'if',
      'return',
      'end',
      'if',
      'return',
      'end',
    ]);
    expect(stepsOf('if (!a?.b) return;')).to.deep.equal([
      'if',
      'return',
      'end',
      'if',
      'return',
      'end',
    ]);
  });

  it('puts the label of a block behind it, and that of an endless loop in front', () => {
    expect(stepsOf('out: { if (a) break out; return 0; }\ng();')).to.deep.equal([
      'if',
      'goto out',
      'end',
      'return 0',
      'label out',
      'call g',
    ]);
    expect(stepsOf('retry: for (;;) { if (a) continue retry; break; }')).to.deep.equal([
      'label retry',
      'if',
      'goto retry',
      'end',
    ]);
  });

  it('has the steps of the C for the same function', async () => {
    const reader = await loadCReader();
    const c = `int f(struct box *box)
{
	struct mark *mark;

	if (!box || !box->ops)
		return -EINVAL;
	list_for_each_entry(mark, &box->marks, list) {
		if (mark->when)
			break;
	}
	ret = put(box);
	if (ret)
		goto out;
	return 0;
out:
	kfree(mark);
	return ret;
}
`;
    const body = `
  if (!box) return -EINVAL;
  const ops = box.ops;
  if (!ops) return -EINVAL;
  for (let at = box.marks.next; at !== box.marks; at = at.next) if (list_entry(at).when) break;
  out: {
    ret = this.put(box);
    if (ret) break out;
    return 0;
  }
  this.k.slab.kfree(mark);
  return ret;`;
    const left = reader.parse('a.c', wholeText(c)).definitions[0]?.steps ?? [];
    const right = definitionsOf(`function f() {${body}\n}\n`)[0]?.steps ?? [];
    expect(right.map((s) => `${s.kind} ${s.name}`)).to.deep.equal(
      left.map((s) => (s.kind === 'loop' ? 'loop ' : `${s.kind} ${s.name}`)),
    );
    expect(matchSteps(left, right)).to.have.length(left.length);
  });
});

describe('the port', () => {
  it('is found in the installed packages, with the states of dma-iommu.c @long-only', () => {
    const port = readPort();
    expect(port.patches).to.equal(4);
    const texts = [0, 1, 2, 3, 4].map(
      (n) =>
        functionsAfter(port, 'drivers/iommu/dma-iommu.c', n).get('__iommu_dma_alloc_pages')?.file
          .path,
    );
    expect(texts.map((t) => t?.replace(/.*\//u, ''))).to.deep.equal([
      'before-patch-1.ts',
      'before-patch-2.ts',
      'dma-iommu.ts',
      'dma-iommu.ts',
      'dma-iommu.ts',
    ]);
    expect(mirrorOf(port, 'drivers/iommu/io-buffer-pool.c')?.packageName).to.equal(
      'io-buffer-pool',
    );
    expect(mirrorOf(port, 'drivers/none.c')).to.equal(null);
  });

  it('has for each line tokens that are in the line @long-only', () => {
    for (const file of readPort().files)
      for (const [i, line] of file.tokens.entries())
        for (const token of line) {
          expect(token.start).to.be.lessThan(token.end);
          expect(token.end).to.be.at.most(file.lines[i]?.length ?? 0);
        }
  });

  it('is read from a folder with the same conventions', () => {
    const port = fixturePort();
    expect(port.files.map((f) => f.beforePatch).filter((n) => n !== null)).to.deep.equal([
      1, 2, 3, 4,
    ]);
    const [first] = port.files;
    expect(first?.path).to.match(/test-fixtures\/reader\/port\/tally\/src\/before-patch-1\.ts$/u);
    expect(existsSync(first?.path ?? '')).to.equal(true);
  });

  it('says what it expected where there is none', () => {
    expect(() => readPort('/nowhere')).to.throw(ReadError, /\/nowhere.*expected/u);
    expect(() => readPort(__dirname)).to.throw(ReadError, /no file mirrors C/u);
  });
});
