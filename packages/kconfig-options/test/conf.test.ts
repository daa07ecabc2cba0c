// SPDX-License-Identifier: GPL-2.0-only
// The kernel's own conf as oracle: built from LINUX_TREE, a checkout of Linux 5.14; with TEST_LONG=1 only.

import { expect } from 'chai';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { evaluate, parseKconfig } from '../src';
import { randomCase } from './random-kconfig';

const TREE = process.env['LINUX_TREE'];
const SEED = Number(process.env['KCONFIG_SEED'] ?? 1);
const CASES = Number(process.env['KCONFIG_CASES'] ?? 3000);

function reasonToSkip(): string | null {
  if (process.env['TEST_LONG'] !== '1') return 'TEST_LONG=1 is not set';
  if (TREE === undefined) return 'LINUX_TREE names no checkout of Linux 5.14';
  const missing = ['flex', 'bison', 'gcc'].filter(
    (tool) => spawnSync(tool, ['--version']).status !== 0,
  );
  return missing.length === 0 ? null : `no ${missing.join(', ')}`;
}

/** Builds conf in `folder` and returns its path. */
function build(tree: string, folder: string): string {
  cpSync(join(tree, 'scripts/kconfig'), folder, { recursive: true });
  const run = (tool: string, ...args: string[]) => execFileSync(tool, args, { cwd: folder });
  run('flex', '-o', 'lexer.lex.c', '-L', 'lexer.l');
  run('bison', '-o', 'parser.tab.c', '--defines=parser.tab.h', '-t', '-l', 'parser.y');
  const parts = ['conf', 'confdata', 'expr', 'lexer.lex', 'menu', 'parser.tab'];
  const sources = [...parts, 'preprocess', 'symbol', 'util'].map((part) => `${part}.c`);
  run('gcc', '-O2', '-I.', '-D_GNU_SOURCE', '-o', 'conf', ...sources);
  return join(folder, 'conf');
}

/** The .config that conf makes, without its heading; undefined where it refuses the Kconfig. */
function olddefconfig(
  conf: string,
  folder: string,
  dotConfig: string,
  env: Record<string, string>,
): string | undefined {
  writeFileSync(join(folder, '.config'), dotConfig);
  // A second run settles what the first one computed from values that it then dropped.
  for (let i = 0; i < 2; i++) {
    const { status } = spawnSync(conf, ['-s', '--olddefconfig', 'Kconfig'], { cwd: folder, env });
    if (status !== 0) return undefined;
  }
  return readFileSync(join(folder, '.config'), 'utf8').replace(/^#\n#.*\n#.*\n#\n/, '');
}

describe('evaluation against conf of Linux 5.14 @long', function () {
  this.timeout(600_000);
  let folder = '';
  let conf = '';

  before(function () {
    const reason = reasonToSkip();
    if (reason !== null) {
      console.log(`      SKIPPED: ${reason}`);
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), 'conf-'));
    conf = build(TREE ?? '', join(folder, 'build'));
  });

  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  it('agrees on random Kconfigs without choices', () => {
    const env = { PATH: process.env['PATH'] ?? '' };
    const different: number[] = [];
    let equal = 0;
    for (let seed = SEED; seed < SEED + CASES; seed++) {
      const { files, config } = randomCase(seed, 'kernel');
      if (Object.values(files).some((text) => text.includes('choice'))) continue;
      const place = mkdtempSync(join(folder, 'case-'));
      for (const [name, text] of Object.entries(files)) writeFileSync(join(place, name), text);
      const expected = olddefconfig(conf, place, config, env);
      rmSync(place, { recursive: true });
      if (expected === undefined) continue;
      const kconfig = parseKconfig('Kconfig', (path) => files[path]);
      const once = evaluate(kconfig, config).toDotConfig();
      if (evaluate(kconfig, once).toDotConfig() === expected) equal++;
      else different.push(seed);
    }
    const all = equal + different.length;
    console.log(
      `      ${String(equal)} of ${String(all)} equal; KCONFIG_SEED of the others: ${different.join(' ')}`,
    );
    expect(all).to.be.greaterThan(CASES / 20);
    expect(equal / all).to.be.greaterThan(0.98);
  });

  for (const arch of ['x86', 'arm64', 'riscv']) {
    it(`writes the same .config for ${arch}, byte for byte`, () => {
      const tree = resolve(TREE ?? '');
      const place = join(folder, arch);
      mkdirSync(place);
      const env: Record<string, string> = {
        ...{ PATH: process.env['PATH'] ?? '', ARCH: arch, SRCARCH: arch, srctree: tree },
        ...{ CC: 'gcc', LD: 'ld', HOSTCC: 'gcc', KERNELVERSION: '5.14.0', PAHOLE: 'pahole' },
        CC_VERSION_TEXT: 'gcc',
      };
      const kconfig = parseKconfig('Kconfig', (path) => read(join(tree, path)), {
        env: (name) => env[name],
        shell: (command) =>
          spawnSync('/bin/sh', ['-c', command], { cwd: place, env, encoding: 'utf8' }).stdout,
      });
      const name = arch === 'x86' ? 'x86_64_defconfig' : 'defconfig';
      for (const text of ['', readFileSync(join(tree, 'arch', arch, 'configs', name), 'utf8')]) {
        const expected = olddefconfig(conf, place, text, env);
        expect(evaluate(kconfig, text).toDotConfig()).to.equal(expected);
      }
    });
  }
});

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
