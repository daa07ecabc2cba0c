// SPDX-License-Identifier: GPL-2.0-only
// The options that say when a job's I/Os are done, and what is read back: rates, pauses, delays, verify.

import { parseCount, parseTime } from './numbers';
import { type JobOption, flag, number, onOff, said } from './option';
import type { Place } from './place';
import type { Rates } from './job';
import type { Settings } from './settings';

/** fio's methods; `0` is none. What they compute takes no virtual time. */
const METHODS: ReadonlySet<string> = new Set(
  (
    '0 md5 crc64 crc32 crc32c-intel crc32c crc16 crc7 sha1 sha256 sha512 sha3-224 sha3-256 sha3-384 sha3-512 ' +
    'xxhash meta pattern pattern_hdr null'
  ).split(' '),
);

/** One number for both directions, or `reads,writes`; 0, or nothing before or after a comma, is no limit. */
function rates(s: Settings, text: string, at: Place): Rates {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length > 3) throw at.error('expected a value, or reads,writes');
  const one = (part: string): number | null =>
    part === '' ? null : parseCount(part, s.kbBase, at) || null;
  const [read = '', write = read] = parts;
  return { read: one(read), write: one(write) };
}

export const PACE_OPTIONS: readonly JobOption[] = [
  {
    name: 'rate',
    flag: flag('bytes', 'bytes per second of each job at most, or reads,writes'),
    bare: null,
    replaces: ['rateIops'],
    set: (s, text, at) => {
      s.rate = said(s, rates(s, text, at), at);
    },
  },
  {
    name: 'rate_iops',
    flag: flag('n', 'I/Os per second of each job at most, or reads,writes'),
    bare: null,
    replaces: ['rate'],
    set: (s, text, at) => {
      s.rateIops = said(s, rates(s, text, at), at);
    },
  },
  {
    name: 'thinktime',
    flag: flag('time', 'pause after thinktime_blocks: microseconds, or with ms, s'),
    bare: null,
    set: (s, text, at) => {
      s.thinkNs = said(s, parseTime(text, at, 'us'), at);
    },
  },
  number('thinkBlocks', {
    name: 'thinktime_blocks',
    flag: flag('n', 'blocks between two pauses (default 1)'),
  }),
  {
    name: 'startdelay',
    flag: flag('time', 'when each job starts: seconds, or with us, ms; or a range'),
    bare: null,
    set: (s, text, at) => {
      const ends = text.split('-').map((end) => parseTime(end, at));
      const [least = 0, most = least] = ends;
      if (ends.length > 2 || most < least)
        throw at.error('expected a time, or a range such as 1-5');
      s.startDelayNs = said(s, [least, most], at);
    },
  },
  {
    name: 'wait_for',
    flag: null,
    bare: null,
    set: (s, text, at) => {
      s.waitFor = said(s, text.trim(), at);
    },
  },
];

export const VERIFY_OPTIONS: readonly JobOption[] = [
  {
    name: 'verify',
    flag: flag('method', 'read back what was written: crc32c, md5, …'),
    bare: null,
    set: (s, text, at) => {
      const method = text.replace(/:.*$/s, '').trim();
      if (!METHODS.has(method)) throw at.error(`expected ${[...METHODS].join(', ')}`);
      s.verifies = said(s, method !== '0', at);
    },
  },
  {
    name: 'do_verify',
    flag: null,
    bare: null,
    set: (s, text, at) => {
      s.doVerify = said(s, onOff(text, at), at);
    },
  },
  {
    name: 'verify_only',
    flag: null,
    bare: '1',
    set: (s, text, at) => {
      s.verifyOnly = said(s, onOff(text, at), at);
    },
  },
  number('backlog', { name: 'verify_backlog', flag: null }),
  number('batch', { name: 'verify_backlog_batch', flag: null }),
];
