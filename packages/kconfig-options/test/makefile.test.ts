// SPDX-License-Identifier: GPL-2.0-only
// obj-… rules of Makefiles.

import { expect } from 'chai';

import { linkedObjects } from '../src';
import { errorOf } from './verbs';

const config = {
  value: (name: string) => ({ Y: 'y', M: 'm', N: 'n', S: 'text' })[name],
};

describe('linkedObjects', () => {
  it('links obj-y, builds obj-m, and drops what is n, undefined or no tristate', () => {
    const text = [
      'obj-y += a.o b.o',
      'obj-m += c.o',
      'obj-$(CONFIG_Y) += d.o',
      'obj-$(CONFIG_M) += e.o',
      'obj-$(CONFIG_N) += f.o',
      'obj-$(CONFIG_NOWHERE) += g.o',
      'obj-${CONFIG_S} += h.o',
      'obj- += i.o',
    ].join('\n');
    expect(linkedObjects(text, config)).to.deep.equal({
      builtIn: ['a.o', 'b.o', 'd.o'],
      modules: ['c.o', 'e.o'],
    });
  });

  it('understands comments, continuations, tabs and directories', () => {
    const text = '# obj-y += no.o\nobj-$(CONFIG_Y)\t+= a.o \\\n\tb.o  # why\n\nobj-y += sub/\n';
    expect(linkedObjects(text, config).builtIn).to.deep.equal(['a.o', 'b.o', 'sub/']);
  });

  it('names each object once; built in wins over module', () => {
    const text = 'obj-m += a.o b.o\nobj-y += a.o a.o\n';
    expect(linkedObjects(text, config)).to.deep.equal({ builtIn: ['a.o'], modules: ['b.o'] });
  });

  it('starts anew at :=', () => {
    expect(linkedObjects('obj-y += a.o\nobj-y := b.o\n', config).builtIn).to.deep.equal(['b.o']);
  });

  it('passes over other variables', () => {
    expect(
      linkedObjects('ccflags-y += -O2\nfoo-objs := x.o\nobj-y += foo.o\n', config).builtIn,
    ).to.deep.equal(['foo.o']);
  });

  const bad: Record<string, string> = {
    'ifdef CONFIG_X': "Make:2: expected obj-… rules only, got 'ifdef CONFIG_X'",
    'obj-$(OTHER) += a.o': "Make:2: expected obj-y, obj-m or obj-$(CONFIG_X), got 'obj-$(OTHER)'",
    'obj-y a.o': "Make:2: expected obj-… += files, got 'obj-y a.o'",
  };
  for (const [line, message] of Object.entries(bad)) {
    it(`refuses ${line}`, () => {
      expect(errorOf(() => linkedObjects(`\n${line}\n`, config, 'Make')).message).to.equal(message);
    });
  }
});
