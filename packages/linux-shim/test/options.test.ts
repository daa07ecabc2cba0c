// SPDX-License-Identifier: GPL-2.0-only
// The check of options: what each kind takes, what its one error says.

import { expect } from 'chai';
import { OptionError, machine } from '@iommu-bounce/linux-shim';
import * as options from '@iommu-bounce/linux-shim/options';
import {
  check_options,
  check_value,
  fields,
  flag,
  list_of,
  needed,
  number_from,
  one_of,
  whole,
} from '@iommu-bounce/linux-shim/options';

describe('check_options', () => {
  interface given {
    readonly cpus?: number;
    readonly mode: 'a' | 'b';
    readonly parts?: { readonly sizes?: readonly number[] };
  }
  const check = (value: unknown): void => {
    check_options<given>('boot', value as given, {
      cpus: whole(1, 4),
      mode: needed(one_of('a', 'b')),
      parts: fields<{ readonly sizes?: readonly number[] }>({
        sizes: list_of(number_from(0.5), { least: 1 }),
      }),
    });
  };

  it('takes what is documented, and undefined for what is left out', () => {
    for (const value of [{ mode: 'a' }, { mode: 'b', cpus: 4, parts: { sizes: [0.5, 1e9] } }])
      expect(() => {
        check(value);
      }).not.to.throw();
    check({ mode: 'a', cpus: undefined, parts: undefined });
  });

  const wrong: readonly (readonly [unknown, string])[] = [
    [null, 'options is null: expected an object'],
    [7, 'options is 7: expected an object'],
    [[], 'options is an array of 0: expected an object'],
    [{}, "mode is undefined: expected 'a' or 'b'"],
    [{ mode: 'c' }, "mode is 'c': expected 'a' or 'b'"],
    [{ mode: 'a', cpu: 2 }, "no option 'cpu'; it has cpus, mode, parts"],
    [{ mode: 'a', cpus: 0 }, 'cpus is 0: expected a whole number from 1 to 4'],
    [{ mode: 'a', cpus: 1.5 }, 'cpus is 1.5: expected a whole number from 1 to 4'],
    [{ mode: 'a', cpus: NaN }, 'cpus is NaN: expected a whole number from 1 to 4'],
    [{ mode: 'a', cpus: '2' }, "cpus is '2': expected a whole number from 1 to 4"],
    [{ mode: 'a', cpus: null }, 'cpus is null: expected a whole number from 1 to 4'],
    [{ mode: 'a', parts: { size: 1 } }, "no option 'parts.size'; it has parts.sizes"],
    [
      { mode: 'a', parts: { sizes: [] } },
      'parts.sizes is an array of 0: expected an array of 1 or',
    ],
    [{ mode: 'a', parts: { sizes: [1, -1] } }, 'parts.sizes[1] is -1: expected a number from 0.5'],
  ];
  for (const [value, message] of wrong)
    it(`says: ${message}`, () => {
      expect(() => {
        check(value);
      }).to.throw(OptionError, `boot: ${message}`);
    });

  it('shows text from outside on one line, in ASCII, cut', () => {
    const shown = (value: unknown): string => {
      try {
        check_value('f', 'x', value, flag);
      } catch (e) {
        return (e as Error).message;
      }
      return '';
    };
    expect(shown('\u001b[31m\n')).to.equal("f: x is '\\u001b[31m\\u000a': expected true or false");
    expect(shown('x'.repeat(1000))).to.have.length.below(100);
    expect(shown(Buffer.alloc(3))).to.include('x is a Buffer:');
    expect(shown(Object.create(null))).to.include('x is an object:');
    expect(shown(machine)).to.include('x is a function:');
  });

  it('is one class of errors for every package', () => {
    expect(options.OptionError).to.equal(OptionError);
    expect(new OptionError('x')).to.be.instanceOf(RangeError).with.property('name', 'OptionError');
  });
});
