// SPDX-License-Identifier: GPL-2.0-only
// One run of Stryker. It is in a folder of its own, with mocha 11: its runner does not know mocha 12.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copySources } from './copy';
import type { Report } from './figures';
import { LEFT_OUT } from './scope';

const MODULES = join(__dirname, 'node_modules/@stryker-mutator');

/** Results of whole files, which the next run of `--again` begins with. */
const KEPT = join(__dirname, 'node_modules/.cache');

/** Of a whole file: from the beginning, or only what survived last time and what changed since. */
export interface Whole {
  readonly file: string;
  readonly again: boolean;
}

/** @throws Error if npm cannot install it */
export function installStryker(): void {
  if (existsSync(MODULES)) return;
  const { status } = spawnSync('npm', ['ci'], { cwd: __dirname, stdio: 'inherit' });
  if (status !== 0) throw new Error('npm could not install Stryker');
}

/**
 * Changes one place after the other, and runs the tests that reach it until one fails.
 * @param ranges `FILE`, `FILE:FIRST-LAST` or `FILE:LINE:COLUMN-LINE:COLUMN`
 * @throws Error if a test fails without a mutant, or Stryker does
 */
export function mutate(
  ranges: readonly string[],
  tests: readonly string[],
  whole: Whole | null,
): Report {
  const copy = copySources();
  try {
    const report = join(copy, 'report.json');
    writeFileSync(
      join(copy, 'stryker.config.json'),
      JSON.stringify({
        mutate: ranges,
        ...(whole === null ? {} : kept(whole)),
        inPlace: true,
        disableTypeChecks: false,
        packageManager: 'npm',
        plugins: [join(MODULES, 'mocha-runner/dist/src/index.js')],
        testRunner: 'mocha',
        testRunnerNodeArgs: ['--conditions=source'],
        mochaOptions: {
          'no-config': true,
          require: [join(copy, 'register.cjs')],
          extension: ['ts'],
          spec: tests,
          grep: `/^(?!${LEFT_OUT})./`,
        },
        coverageAnalysis: 'perTest',
        concurrency: 1,
        // A busy machine is no loop without an end; most of those are found by counting.
        timeoutMS: 60_000,
        dryRunTimeoutMinutes: 30,
        reporters: ['json', 'progress-append-only'],
        jsonReporter: { fileName: report },
      }),
    );
    const { status } = spawnSync(process.execPath, [join(MODULES, 'core/bin/stryker.js'), 'run'], {
      cwd: copy,
      stdio: 'inherit',
    });
    if (status !== 0) throw new Error('Stryker did not come to an end; it says why above');
    return JSON.parse(readFileSync(report, 'utf8')) as Report;
  } finally {
    rmSync(copy, { recursive: true });
  }
}

function kept({ file, again }: Whole): object {
  const name = file.replaceAll('/', '+');
  return { incremental: true, incrementalFile: join(KEPT, `${name}.json`), force: !again };
}
