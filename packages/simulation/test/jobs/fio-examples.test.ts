// SPDX-License-Identifier: GPL-2.0-only
// fio's own example files, with TEST_LONG=1, where they are at hand: Debian's package fio-examples, or the folder that
// FIO_EXAMPLES names (examples/ of fio's sources). What fio accepts is accepted, or refused with a reason that names what
// is not simulated; the numbers are those that fio reads.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { JobError, type ReadJobs, readJobFile } from '../../src/jobs';
import { readSections } from '../../src/jobs/ini';
import { parseCount, parseTime } from '../../src/jobs/numbers';
import { FilePlace } from '../../src/jobs/place';

const LONG = process.env['TEST_LONG'] === '1';
const FOLDER = process.env['FIO_EXAMPLES'] ?? '/usr/share/doc/fio/examples';
const hasFio = spawnSync('fio', ['--version']).status === 0;

/** What the simulation does not do, in the reader's words. */
const REASONS = [
  /this engine .+; expected libaio, io_uring/,
  /buffered I\/O maps the page cache; expected direct=1/,
  /trims map no data; expected/,
  /nothing says when to end; expected size/,
  /a percentage of the device, whose size the simulation does not model/,
  /a range of file sizes is not simulated/,
  /fio's word for the machine it runs on/,
  /arithmetic is not evaluated here/,
  /a block of \d+ bytes; expected (a multiple of 512|at most)/,
  /bytes of buffers; expected at most/,
  /smaller than a block; expected at least/,
];

const COUNTS = 'size io_size iodepth numjobs number_ios loops rwmixread rwmixwrite nrfiles'.split(
  ' ',
);
const TIMES = ['runtime', 'startdelay', 'thinktime'];

function textOf(file: string): string {
  const bytes = readFileSync(file);
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
}

function context(file: string): Parameters<typeof readJobFile>[1] {
  return {
    read: (path) => (path === file ? textOf(file) : existsSync(path) ? textOf(path) : undefined),
    environment: process.env,
  };
}

function ours(file: string): ReadJobs | JobError {
  try {
    return readJobFile(file, context(file));
  } catch (error) {
    if (error instanceof JobError) return error;
    throw error;
  }
}

/** `option=number` of each such line, as the reader understands it. */
function numbers(file: string): string[] {
  return readSections(file, context(file))
    .flatMap(({ options }) => options)
    .flatMap(({ name, value }) => {
      const at = new FilePlace(file, 1, name);
      if (value === null || !/^\d+[a-z]*$/i.test(value)) return [];
      if (COUNTS.includes(name)) return [`${name}=${String(parseCount(value, 1024, at))}`];
      if (!TIMES.includes(name)) return [];
      const ns = parseTime(value, at, name === 'thinktime' ? 'us' : 's');
      return [`${name}=${String(ns / 1000)}`];
    });
}

describe("fio's example files @long", function () {
  this.timeout(60_000);
  const files = existsSync(FOLDER)
    ? readdirSync(FOLDER).filter((name) => /\.fio(\.gz)?$/.test(name))
    : [];

  before(function () {
    const missing = !LONG
      ? 'TEST_LONG=1'
      : files.length === 0
        ? 'FIO_EXAMPLES=folder (Debian: apt-get install fio-examples)'
        : hasFio
          ? null
          : 'fio (Debian: apt-get install fio)';
    if (missing === null) return;
    process.stderr.write(`      skipped: fio's example files need ${missing}\n`);
    this.skip();
  });

  it('are there in numbers', () => {
    expect(files.length).to.be.above(20);
  });

  for (const name of LONG ? files : [])
    it(`are read as fio reads them: ${name}`, () => {
      const file = join(FOLDER, name);
      const { status, stdout, stderr } = spawnSync(
        'fio',
        ['--parse-only', '--debug=parse', name.endsWith('.gz') ? '-' : file],
        { encoding: 'utf8', cwd: tmpdir(), input: textOf(file) },
      );
      const accepted = status === 0 && !/failed parsing|dropped|Bad option/.test(stdout + stderr);
      const read = ours(file);
      if (!accepted) return;
      if (read instanceof JobError) {
        expect(read.message).to.include(`${basename(file)}:`);
        expect(
          REASONS.some((reason) => reason.test(read.message)),
          read.message,
        ).to.equal(true);
        return;
      }
      expect(read.jobs.length).to.be.above(0);
      const theirs: string[] = [];
      let option = '';
      for (const line of stdout.split('\n')) {
        option = /__handle_option=(\w+), type/.exec(line)?.[1] ?? option;
        const out = /ret=0, out=(\d+)/.exec(line)?.[1];
        if (out !== undefined) theirs.push(`${option}=${out}`);
      }
      for (const number of numbers(file)) expect(theirs).to.include(number);
    });
});
