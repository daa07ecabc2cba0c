// SPDX-License-Identifier: GPL-2.0-only

import { expect } from 'chai';
import { chunks } from '../../src/c/chunks';
import { loadCReader } from '../../src/c/files';
import { withoutMacros } from '../../src/c/macros';
import { type CReader, wholeText } from '../../src/c/parse';
import { tokensOfC } from '../../src/c/tokens';
import type { CText } from '../../src/tree/c-file';
import { fixtureTree } from '../fixture-tree';

const DRIVER = `/* A box of marks. */
#define MARK_MAX 16

struct mark {
	struct list_head list;
	u64 when, weight;
	void (*done)(struct mark *mark);
};

enum mark_kind {
	MARK_NONE = 0,
	MARK_ONCE,
};

static unsigned int max_marks __read_mostly = 8;
module_param(max_marks, uint, 0);
static DEFINE_MUTEX(mark_lock);

int mark_count(struct box *box);

static int __init mark_put(struct box *box, u64 when)
{
	struct mark *mark, *tmp;
	int ret = -ENOMEM;

	if (!box || box->count > MARK_MAX)
		return -EINVAL;
#ifdef CONFIG_MARK_DEBUG
	pr_debug("put\\n");
#endif
	list_for_each_entry_safe(mark, tmp, &box->marks, list)
		if (container_of(mark, struct outer, mark)->when == when)
			goto out_found;

	mark = kzalloc(sizeof(*mark), GFP_KERNEL);
	if (!mark)
		return ret;
	while (count--) {
		mark->done(mark);
		continue;
	}
	return 0;

out_found:
	mutex_unlock(&mark_lock);
	return min_t(unsigned long, ret, 0);
}
EXPORT_SYMBOL_GPL(mark_put);
`;

function known(lines: readonly (readonly [number, string])[]): CText {
  return { whole: false, lines: lines.map(([number, text]) => ({ number, text, patch: 0 })) };
}

describe('the outline of a C text', () => {
  let reader: CReader;
  before(async () => {
    reader = await loadCReader();
  });

  const steps = (text: string): string[] =>
    reader
      .parse('a.c', wholeText(text))
      .definitions.flatMap((d) => d.steps.map((s) => `${s.kind} ${s.name}`.trim()));

  it('finds each kind of definition with its lines and owner', () => {
    const { definitions, notes } = reader.parse('a.c', wholeText(DRIVER));
    expect(notes).to.deep.equal([]);
    expect(
      definitions.map(
        (d) => `${d.kind} ${d.owner ?? ''}.${d.name} ${String(d.from)}-${String(d.to)}`,
      ),
    ).to.deep.equal([
      'macro .MARK_MAX 2-2',
      'struct .mark 4-8',
      'field mark.list 5-5',
      'field mark.when 6-6',
      'field mark.weight 6-6',
      'field mark.done 7-7',
      'enum .mark_kind 10-13',
      'enumerator mark_kind.MARK_NONE 11-11',
      'enumerator mark_kind.MARK_ONCE 12-12',
      'variable .max_marks 15-15',
      'registration module_param.max_marks 16-16',
      'variable .mark_lock 17-17',
      'prototype .mark_count 19-19',
      'function .mark_put 21-47',
      'registration EXPORT_SYMBOL_GPL.mark_put 48-48',
    ]);
  });

  it('gives the steps of a function in the order of the text, with lines', () => {
    const found = reader
      .parse('a.c', wholeText(DRIVER))
      .definitions.find((d) => d.kind === 'function');
    expect(found?.steps.map((s) => `${String(s.line)} ${s.kind} ${s.name}`.trim())).to.deep.equal([
      '24 constant ENOMEM',
      '26 if',
      '27 return -EINVAL',
      '27 end',
      '26 constant MARK_MAX',
      '26 if',
      '27 return -EINVAL',
      '27 end',
      '29 call pr_debug',
      '31 loop list_for_each_entry_safe',
      '32 call container_of',
      '32 if',
      '33 goto out_found',
      '33 end',
      '33 end',
      '35 call kzalloc',
      '35 constant GFP_KERNEL',
      '36 if',
      '37 return',
      '37 end',
      '38 loop',
      '39 call done',
      '40 continue',
      '41 end',
      '42 return 0',
      '44 label out_found',
      '45 call mutex_unlock',

      '46 call min_t',
      '46 return',
    ]);
  });

  it('knows a switch, a do loop, an else, and IS_ENABLED as a constant', () => {
    const text = `int f(int a)
{
	switch (a) {
	case ONE:
		g();
		break;
	default:
		do
			h();
		while (a);
	}
	if (IS_ENABLED(CONFIG_X))
		g();
	else
		h();
}
`;
    expect(steps(text)).to.deep.equal([
      'switch',
      'case ONE',
      'call g',
      'break',
      'case default',
      'loop',
      'call h',
      'end',
      'end',
      'constant CONFIG_X',
      'if',
      'call g',
      'else',
      'call h',
      'end',
    ]);
  });

  it('keeps every column where it blanks a macro', () => {
    const { text } = withoutMacros(DRIVER);
    const lines = text.split('\n');
    for (const [i, line] of DRIVER.split('\n').entries())
      expect(lines[i]).to.have.length(line.length);
  });

  it('takes a function named like a loop for a function', () => {
    expect(
      steps('int box_for_each_mark(int a)\n{\n\treturn box_for_each_mark(a);\n}\n'),
    ).to.deep.equal(['call box_for_each_mark', 'return']);
  });

  it('says which function it does not understand, and reads the others', () => {
    const bad = 'int one(void)\n{\n\tMACRO_THAT( { no c at all\n}\n\nint two(void)\n{\n\tg();\n}\n';
    const { definitions, notes } = reader.parse('a.c', wholeText(bad));
    expect(notes).to.have.length(1);
    expect(notes[0]).to.match(/^a\.c:\d+: .*does not understand/u);
    expect(definitions.find((d) => d.name === 'two')?.steps).to.have.length(1);
  });

  it('takes only what the known lines hold as a whole', () => {
    const lines = DRIVER.split('\n').map((text, i) => [i + 1, text] as const);
    const { definitions, lines: all } = reader.parse(
      'a.c',
      known([...lines.slice(6, 20), ...lines.slice(30)]),
    );
    expect(definitions.map((d) => d.name)).to.deep.equal([
      'mark_kind',
      'MARK_NONE',
      'MARK_ONCE',
      'max_marks',
      'max_marks',
      'mark_lock',
      'mark_count',
      'mark_put',
    ]);
    expect(definitions.at(-1)?.kind).to.equal('registration');
    expect(all[0]).to.equal('');
    expect(all[9]).to.equal('enum mark_kind {');
  });

  it('gives the same for an item that it has seen at other lines', () => {
    const first = reader.parse('a.c', wholeText('int f(void)\n{\n\tg();\n}\n'));
    const second = reader.parse('a.c', wholeText('\n\nint f(void)\n{\n\tg();\n}\n'));
    expect(second.definitions[0]?.steps[0]?.line).to.equal(
      (first.definitions[0]?.steps[0]?.line ?? 0) + 2,
    );
    expect(second.definitions[0]?.from).to.equal(3);
  });

  it('cuts a text where an item has lost its brace', () => {
    const text = 'int one(void)\n{\n\tif (a) {\n\tg();\n\nint two(void)\n{\n}\n';
    const found = chunks({ from: 1, lines: text.split('\n'), atTop: true });
    expect(found.map((c) => [c.from, c.to])).to.deep.equal([[6, 8]]);
  });

  it('has a token for each word of a line, also of a comment over two lines', () => {
    const tokens = tokensOfC(['#define AB 1 /* b', ' c */ static x = "s";']);
    expect(
      tokens.map((line) => line.map((t) => `${t.kind} ${String(t.start)}-${String(t.end)}`)),
    ).to.deep.equal([
      ['keyword 0-7', 'macro 8-10', 'number 11-12', 'comment 13-17'],
      ['comment 0-5', 'keyword 6-12', 'name 13-14', 'string 17-20'],
    ]);
  });

  it('understands every function of the fixture in every state', () => {
    for (const file of fixtureTree().files)
      for (const text of file.states)
        if (text && /\.[ch]$/u.test(file.path))
          expect(reader.parse(file.path, text).notes, file.path).to.deep.equal([]);
  });
});
