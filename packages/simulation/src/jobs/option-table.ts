// SPDX-License-Identifier: GPL-2.0-only
// The one table of options: read from job files under fio's names, from the command line as flags.

import { parseBs, parseBsrange, parseBssplit } from './block-sizes';
import { ENGINE_NAMES } from './engines';
import { READ_WRITE, type ReadWrite } from './job';
import { parseCount, parseTime } from './numbers';
import type { Place } from './place';
import { type Flag, type JobOption, type Warn, flag, number, onOff, said } from './option';
import { PACE_OPTIONS, VERIFY_OPTIONS } from './options-later';
import type { Settings } from './settings';

/** NVMe queues have at most 65,536 entries (its base specification); fio runs at most 4,096 jobs (FIO_MAX_JOBS). */
const MOST = { iodepth: 65536, numjobs: 4096, loops: 2 ** 31 - 1 } as const;

function within(name: keyof typeof MOST, flag: Flag): JobOption {
  return {
    name,
    flag,
    bare: null,
    set: (s, text, at) => {
      const value = parseCount(text, s.kbBase, at);
      if (value < 1 || value > MOST[name])
        throw at.error(`expected 1 to ${String(MOST[name])}, got ${String(value)}`);
      s[name] = said(s, value, at);
    },
  };
}

/** Bytes, or as `50%` a share: of each file for size, of size for io_size. C: fio 3.33 filesetup.c setup_files */
function amount(
  name: 'size' | 'ioSize',
  option: Pick<JobOption, 'name' | 'alias' | 'flag' | 'replaces'>,
): JobOption {
  const share = name === 'size' ? 'sizePercent' : 'ioSizePercent';
  return {
    ...option,
    bare: null,
    set: (s, text, at) => {
      const percent = /^(\d+)%$/.exec(text.trim())?.[1];
      if (Number(percent) > 100) throw at.error(`expected at most 100%, got ${String(percent)}%`);
      s[share] = percent === undefined ? null : said(s, Number(percent), at);
      s[name] = percent === undefined ? said(s, parseCount(text, s.kbBase, at), at) : null;
    },
  };
}

function mix(other: boolean, flag: Flag): JobOption {
  return {
    name: other ? 'rwmixwrite' : 'rwmixread',
    flag,
    replaces: ['rwmixread', 'rwmixwrite'],
    bare: null,
    set: (s, text, at) => {
      const value = parseCount(text, s.kbBase, at);
      if (value > 100) throw at.error(`expected 0 to 100 percent, got ${String(value)}`);
      // The later of the two counts. Kept as said too, for a contradiction in one section shows only at its end.
      if (!other) s.rwmixread = said(s, value, at);
      else {
        const own = s.rwmixread?.section === s.section && s.rwmixread.at !== s.rwmixwrite?.at;
        if (!own) s.rwmixread = said(s, 100 - value, at);
        s.rwmixwrite = said(s, value, at);
      }
    },
  };
}

function readWrite(text: string, at: Place): ReadWrite {
  // `randread:8` draws a new offset for every eighth I/O only: nothing that a DMA mapping shows.
  const word = /^([^:,]*)(?::[+-]?\d+[kmgKMG]?)?$/.exec(text)?.[1];
  if (word === 'readwrite') return 'rw';
  const found = READ_WRITE.find((rw) => rw === word);
  if (found !== undefined) return found;
  const expected = `expected ${READ_WRITE.join(', ')} or readwrite`;
  throw at.error(/^(rand)?trim/.test(text) ? `trims map no data; ${expected}` : expected);
}

/** A later bs does not undo a split or a range in fio; said once, since it surprises. */
function plainSize(s: Settings, text: string, at: Place, warn: Warn): void {
  const { read, write } = parseBs(text, s.kbBase, at);
  if (read !== null) s.bsRead = said(s, read, at);
  if (write !== null) s.bsWrite = said(s, write, at);
  if (s.splitRead ?? s.splitWrite ?? s.rangeRead ?? s.rangeWrite)
    warn(at.warning('without effect: fio keeps to the bssplit or bsrange above'));
}

const SPLITS = ['splitRead', 'splitWrite'] as const;
const RANGES = ['rangeRead', 'rangeWrite'] as const;

export const JOB_OPTIONS: readonly JobOption[] = [
  {
    name: 'kb_base',
    flag: null,
    bare: null,
    first: true,
    set: (s, text, at) => {
      if (text !== '1024' && text !== '1000') throw at.error('expected 1024 or 1000');
      s.kbBase = text === '1024' ? 1024 : 1000;
    },
  },
  {
    name: 'name',
    flag: flag('text', 'name of the job'),
    bare: null,
    set: (s, text, at) => {
      if (text === '') throw at.error('expected a name');
      s.name = said(s, text, at);
    },
  },
  {
    name: 'rw',
    alias: 'readwrite',
    flag: flag('kind', `${READ_WRITE.join(', ')} (default read)`),
    bare: null,
    set: (s, text, at) => {
      s.rw = said(s, readWrite(text, at), at);
    },
  },
  {
    name: 'bs',
    alias: 'blocksize',
    flag: flag('size', 'block size, or reads,writes (default 4k)'),
    bare: null,
    replaces: [...SPLITS, ...RANGES],
    set: plainSize,
  },
  {
    name: 'bsrange',
    alias: 'blocksize_range',
    flag: flag('range', 'block sizes from 4k-64k, all multiples of the first equally likely'),
    bare: null,
    replaces: SPLITS,
    set: (s, text, at) => {
      const { read, write } = parseBsrange(text, s.kbBase, at);
      if (read !== null) s.rangeRead = said(s, read, at);
      if (write !== null) s.rangeWrite = said(s, write, at);
    },
  },
  {
    name: 'bssplit',
    flag: flag('mix', 'block sizes with percentages, as in 4k/60:64k/40'),
    bare: null,
    set: (s, text, at, warn) => {
      const told = (reason: string): void => {
        warn(at.warning(reason));
      };
      const { read, write } = parseBssplit(text, s.kbBase, at, told);
      if (read !== null) s.splitRead = said(s, read, at);
      if (write !== null) s.splitWrite = said(s, write, at);
    },
  },
  amount('size', {
    name: 'size',
    flag: flag('bytes', 'bytes that each job moves; a block that does not fit is not done'),
    replaces: ['ioSize', 'fileSize', 'timeBased'],
  }),
  amount('ioSize', {
    name: 'io_size',
    alias: 'io_limit',
    flag: flag('bytes', 'bytes that each job moves, where it differs from size'),
    replaces: ['timeBased'],
  }),
  {
    name: 'filesize',
    flag: flag('bytes', 'size of each file of a job; its size, where none is said'),
    bare: null,
    set: (s, text, at) => {
      if (/^[^-:]+[-:][^-:]+$/.test(text))
        throw at.error('a range of file sizes is not simulated; expected one size');
      s.fileSize = said(s, parseCount(text, s.kbBase, at), at);
    },
  },
  {
    name: 'nrfiles',
    alias: 'nr_files',
    flag: null,
    bare: null,
    set: (s, text, at) => {
      const files = parseCount(text, s.kbBase, at);
      if (files === 0) throw at.error('expected 1 or more files');
      s.files = said(s, files, at);
    },
  },
  {
    name: 'filename',
    flag: null,
    bare: null,
    set: (s, text, at) => {
      // Colons divide names, unless there is a backslash before them.
      s.fileNames = said(s, text.split(/(?<!\\):/).length, at);
    },
  },
  {
    name: 'norandommap',
    flag: null,
    bare: '1',
    set: (s, text, at) => {
      s.noRandomMap = said(s, onOff(text, at), at);
    },
  },
  number('numberIos', {
    name: 'number_ios',
    flag: flag('n', 'I/Os that each job does'),
    replaces: ['timeBased'],
  }),
  {
    name: 'runtime',
    alias: 'timeout',
    flag: flag('time', 'virtual time that each job runs: 2s, 500ms, 1m'),
    bare: null,
    set: (s, text, at) => {
      s.runtimeNs = said(s, parseTime(text, at), at);
    },
  },
  {
    name: 'time_based',
    flag: null,
    bare: '1',
    set: (s, text, at) => {
      s.timeBased = said(s, onOff(text, at), at);
    },
  },
  within('iodepth', flag('n', 'I/Os in flight for each job (default 1)')),
  within('numjobs', flag('n', 'how many jobs (default 1)')),
  within('loops', flag('n', 'how often each job is repeated (default 1)')),
  {
    name: 'direct',
    flag: flag('0|1', 'whether I/O bypasses the page cache; only 1 is simulated'),
    bare: null,
    set: (s, text, at) => {
      s.direct = said(s, onOff(text, at), at);
    },
  },
  {
    name: 'buffered',
    flag: null,
    bare: null,
    set: (s, text, at) => {
      s.direct = said(s, !onOff(text, at), at);
    },
  },
  {
    name: 'ioengine',
    flag: flag('name', `${ENGINE_NAMES.join(', ')} (default libaio)`),
    bare: null,
    set: (s, text, at) => {
      // As fio: what follows a comma or a colon, or a blank at the end, is not of the name.
      s.ioengine = said(s, text.replace(/[:,].*$/s, '').trim(), at);
    },
  },
  mix(false, flag('percent', 'reads of a mixed job (default 50)')),
  mix(true, flag('percent', 'writes of a mixed job')),
  {
    name: 'stonewall',
    alias: 'wait_for_previous',
    flag: null,
    bare: '1',
    set: (s, text, at) => {
      s.stonewall = said(s, onOff(text, at), at);
    },
  },
  number('seed', { name: 'randseed', flag: null }),
  ...PACE_OPTIONS,
  ...VERIFY_OPTIONS,
];

/** Options of fio that make no difference to the DMA mappings of a job: read over without a word. */
export const WITHOUT_EFFECT: ReadonlySet<string> = new Set(
  (
    'description directory group_reporting new_group thread randrepeat allrandrepeat ' +
    'softrandommap randommap random_generator random_distribution invalidate create_on_open create_serialize ' +
    'clat_percentiles lat_percentiles slat_percentiles percentile_list disable_lat disable_clat disable_slat ' +
    'gtod_reduce clocksource write_bw_log write_lat_log write_iops_log log_avg_msec per_job_logs unit_base ' +
    'bwavgtime iopsavgtime offset offset_increment refill_buffers scramble_buffers overwrite fallocate ' +
    'verify_fatal verify_dump verify_pattern verify_interval verify_offset verify_async nonvectored registerfiles ' +
    'filename_format openfiles unlink allow_file_create file_service_type buffer_pattern zero_buffers'
  ).split(' '),
);

/** The option of that name or alias. */
export function findOption(name: string): JobOption | undefined {
  return JOB_OPTIONS.find((option) => option.name === name || option.alias === name);
}
