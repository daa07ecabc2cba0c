// SPDX-License-Identifier: GPL-2.0-only
// Kernel command line text, as lib/cmdline.c and lib/kstrtox.c take it.

import { expect } from 'chai';
import fc from 'fast-check';

import { KERNEL_PARAMS, KconfigError, PARAM_DEFAULTS, parseCmdline } from '../src';
import { errorOf } from './verbs';

const numSlots = (text: string) => parseCmdline(`io_buffer_pool.num_slots=${text}`).params.numSlots;
const strict = (text: string) => parseCmdline(`iommu.strict=${text}`).params.strict;

describe('parseCmdline', () => {
  it('gives the defaults of the C for an empty line', () => {
    expect(parseCmdline('').params).to.deep.equal({
      numSlots: 1024,
      classSizes: 37,
      strict: true,
      passthrough: false,
      forcedac: false,
    });
  });

  it('sets each parameter, and tells which were given', () => {
    const text =
      'io_buffer_pool.num_slots=32 iommu.strict=0 iommu.passthrough=1 iommu.forcedac=y io_buffer_pool.class_sizes=63';
    const { params, given } = parseCmdline(text);
    expect(params).to.deep.equal({
      numSlots: 32,
      classSizes: 63,
      strict: false,
      passthrough: true,
      forcedac: true,
    });
    expect([...given].sort()).to.deep.equal(Object.keys(PARAM_DEFAULTS).sort());
    expect(given.size).to.equal(KERNEL_PARAMS.length);
  });

  it('takes the last of several values', () => {
    expect(parseCmdline('iommu.strict=0 iommu.strict=1').params.strict).to.equal(true);
  });

  it('reads numbers in decimal, hexadecimal and octal', () => {
    expect(
      ['0', '42', '0x2A', '0X2a', '052', '+42', '4294967295', '"7\n"'].map(numSlots),
    ).to.deep.equal([0, 42, 42, 42, 42, 42, 4294967295, 7]);
  });

  for (const text of [
    '4294967296',
    '-1',
    '',
    '08',
    '0x',
    '1k',
    '1.5',
    '1_0',
    '++1',
    '"7\n\n"',
    '" 7"',
    '99999999999999999999',
  ]) {
    it(`refuses ${JSON.stringify(text)} as uint`, () => {
      expect(errorOf(() => numSlots(text)).message).to.equal(
        'command line:1: expected an unsigned integer from 0 to 4294967295 (decimal, 0x hexadecimal ' +
          `or 0 octal) for io_buffer_pool.num_slots, got '${text.replaceAll('"', '')}'`,
      );
    });
  }

  it('limits class_sizes to a byte', () => {
    expect(parseCmdline('io_buffer_pool.class_sizes=255').params.classSizes).to.equal(255);
    expect(errorOf(() => parseCmdline('io_buffer_pool.class_sizes=256')).message).to.include(
      "from 0 to 255 (decimal, 0x hexadecimal or 0 octal) for io_buffer_pool.class_sizes, got '256'",
    );
  });

  it('reads bools by their first character, on and off by two', () => {
    for (const text of ['y', 'Y', '1', 'yes', '10', 'on', 'ON', 'oN'])
      expect(strict(text), text).to.equal(true);
    for (const text of ['n', 'N', '0', 'no', '0x1', 'off', 'OFF', 'of'])
      expect(strict(text), text).to.equal(false);
  });

  for (const text of ['', 'true', 'o', '2', 'enable']) {
    it(`refuses ${JSON.stringify(text)} as bool`, () => {
      expect(errorOf(() => strict(text)).message).to.equal(
        `command line:1: expected a bool (y, Y, 1 or on; n, N, 0 or off) for iommu.strict, got '${text}'`,
      );
    });
  }

  it('refuses a parameter without a value, as the C does', () => {
    for (const { name } of KERNEL_PARAMS) {
      expect(errorOf(() => parseCmdline(`quiet ${name}`)).message).to.match(
        new RegExp(`^command line:1: expected .* for ${name}, got no value$`),
      );
    }
  });

  it('takes dashes for underscores in names', () => {
    expect(parseCmdline('io-buffer-pool.num-slots=5').params.numSlots).to.equal(5);
  });

  it('collects what it does not know', () => {
    expect(
      parseCmdline('  root=/dev/vda quiet\tiommu.strict=1  a="b c" =x ').unknown,
    ).to.deep.equal(['root=/dev/vda', 'quiet', 'a=b c', '=x']);
  });

  it('drops quotes around a value and around a whole argument', () => {
    expect(parseCmdline('iommu.strict="0"').params.strict).to.equal(false);
    expect(parseCmdline('"io_buffer_pool.num_slots=9" x').params.numSlots).to.equal(9);
    expect(parseCmdline('"a b" "c=d e" f="g').unknown).to.deep.equal(['a b', 'c=d e', 'f=g']);
  });

  it('leaves to init what follows two dashes', () => {
    const { params, initArguments } = parseCmdline('iommu.strict=0 -- iommu.strict=1 x');
    expect(params.strict).to.equal(false);
    expect(initArguments).to.equal('iommu.strict=1 x');
  });

  it('reads back every number it is given, and refuses no other way than by KconfigError', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.constantFrom(10, 16, 8), (value, base) => {
        const prefix = { 10: '', 16: '0x', 8: '0' }[base];
        expect(numSlots(prefix + value.toString(base))).to.equal(value);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseCmdline(`io_buffer_pool.num_slots=${text}`);
        } catch (error) {
          expect(error).to.be.instanceOf(KconfigError);
        }
      }),
    );
  });
});
