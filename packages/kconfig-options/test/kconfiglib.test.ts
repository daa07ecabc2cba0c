// SPDX-License-Identifier: GPL-2.0-only
// Random Kconfigs and .configs: every value and the written .config are what kconfiglib says.

import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import path from 'node:path';

import { KconfigError, evaluate, parseKconfig } from '../src';
import { randomCase } from './random-kconfig';
import type { Case } from './random-kconfig';

const LONG = process.env['TEST_LONG'] === '1';

interface Answer {
  readonly symbols?: Record<string, { type: string; value: string; visibility: string }>;
  readonly config?: string;
  readonly error?: string;
  readonly crash?: string;
}

/** KCONFIG_SEED and KCONFIG_CASES repeat a run or make it longer. */
const CASES = Number(process.env['KCONFIG_CASES'] ?? (LONG ? 600 : 200));
const SEED = Number(process.env['KCONFIG_SEED'] ?? Math.floor(Math.random() * 1e9));

/** The first python that has kconfiglib: Debian's installs it for /usr/bin/python3 only. */
function findPython(): string | undefined {
  return ['/usr/bin/python3', 'python3', 'python'].find(
    (python) => spawnSync(python, ['-c', 'import kconfiglib']).status === 0,
  );
}

function askOracle(python: string, cases: readonly Case[]): Answer[] {
  const run = spawnSync(python, [path.join(__dirname, 'kconfiglib_oracle.py')], {
    input: cases.map((one) => JSON.stringify(one)).join('\n'),
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  if (run.status !== 0) throw new Error(`kconfiglib_oracle.py failed: ${run.stderr}`);
  return run.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);
}

function ask({ files, config }: Case): Answer {
  try {
    // As a folder: ./Kconfig.1 is Kconfig.1.
    const read = (file: string) => files[file.replace(/^(?:\.\/)+/, '')];
    const kconfig = parseKconfig('Kconfig', read, { glob: (pattern) => fitting(files, pattern) });
    const result = evaluate(kconfig, config);
    return { symbols: { ...result.toJSON().symbols }, config: result.toDotConfig() };
  } catch (error) {
    if (error instanceof KconfigError) return { error: error.message };
    throw error;
  }
}

describe('evaluation against kconfiglib @long', () => {
  it(`agrees on ${String(CASES)} random Kconfigs and .configs @long-only`, function () {
    const python = findPython();
    if (python === undefined) {
      console.log('      SKIPPED: no python3 with kconfiglib (Debian: python3-kconfiglib)');
      this.skip();
    }
    this.timeout(30_000 + CASES * 50);
    console.log(`      KCONFIG_SEED=${String(SEED)} KCONFIG_CASES=${String(CASES)}`);
    const cases = Array.from({ length: CASES }, (_, i) => randomCase(SEED + i, 'kconfiglib'));
    const answers = askOracle(python, cases);
    expect(answers).to.have.length(CASES);
    let values = 0;
    let errors = 0;
    let crashes = 0;
    for (const [i, one] of cases.entries()) {
      const expected = answers[i];
      const message = () => `KCONFIG_SEED=${String(SEED + i)} KCONFIG_CASES=1\n${show(one)}`;
      let actual: Answer;
      try {
        actual = ask(one);
      } catch (error) {
        throw new Error(message(), { cause: error });
      }
      if (expected?.crash !== undefined) {
        // A loop that it does not look for exhausts its stack; here it is an error, or no loop.
        crashes++;
      } else if (expected?.error !== undefined || actual.error !== undefined) {
        errors++;
        expect(
          actual.error !== undefined,
          `${String(expected?.error ?? actual.error)}\n${message()}`,
        ).to.equal(expected?.error !== undefined);
      } else {
        values += Object.keys(expected?.symbols ?? {}).length;
        expect(actual, message()).to.deep.equal(expected);
      }
    }
    console.log(
      `      ${String(values)} values equal, ${String(errors)} errors on both sides, ` +
        `${String(crashes)} where kconfiglib itself fails`,
    );
  });
});

/** The one pattern of the cases: `[K]config.` with a number, and *. */
function fitting(files: Case['files'], pattern: string): string[] {
  const start = pattern.replace('[K]', 'K').replace(/\*$/, '');
  return pattern.startsWith('[K]')
    ? Object.keys(files).filter((name) => name.startsWith(start))
    : [];
}

function show({ files, config }: Case): string {
  return [...Object.entries(files), ['.config', config] as const]
    .map(([name, text]) => `--- ${name}\n${text}`)
    .join('\n');
}
