// SPDX-License-Identifier: GPL-2.0-only
// `npm run reach`: replays each transcript and runs each test file of the port, and writes down what they reach.
// With names of transcripts: prints what these reach, and writes nothing.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type Profiler, Session } from 'node:inspector';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { replayTranscript } from '@iommu-bounce/integration';
import type { Reach } from '../src/margin/margin';
import { functionsOf, outlineOf } from './outline';
import { CoverageReader, type ExecutedFunctions } from './executed';
import { formatReach } from './format-reach';
import { ported, root } from './sources';

const PORT = [
  'linux-shim',
  'kconfig-options',
  'iommu-core',
  'dma-iommu',
  'io-buffer-pool',
  'integration',
];
const TRANSCRIPTS = join(root, 'test-fixtures', 'transcripts');

function filesIn(folder: string, end: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(end))
    .sort();
}

/** Replays transcripts in this process, the counters set to 0 before each. */
function reachOfTranscripts(names: readonly string[], reader: CoverageReader): ExecutedFunctions[] {
  setFlagsFromString('--no-opt'); // V8 counts no call of a function that it has inlined
  const session = new Session();
  session.connect();
  const take = (): Profiler.ScriptCoverage[] => {
    let result: Profiler.ScriptCoverage[] | undefined;
    session.post('Profiler.takePreciseCoverage', (error, got) => {
      if (error) throw error;
      result = got.result;
    });
    if (!result) throw new Error('no coverage');
    return result;
  };
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const texts = names.map((name) => readFileSync(join(TRANSCRIPTS, name), 'utf8'));
  return texts.map((text) => {
    take();
    replayTranscript(text);
    return reader.read(take());
  });
}

/** Runs a test file in processes of its own, random cases with a fixed seed. */
function reachOfTest(file: string, reader: CoverageReader): ExecutedFunctions {
  const folder = mkdtempSync(join(tmpdir(), 'reach-'));
  try {
    const env = { ...process.env, NODE_V8_COVERAGE: folder, FC_SEED: '1', KCONFIG_SEED: '1' };
    const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
    const { status, stdout } = spawnSync(process.execPath, [mocha, file, '--timeout', '120000'], {
      cwd: root,
      env,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${file} fails:\n${stdout}`);
    const found: ExecutedFunctions = new Map();
    for (const name of readdirSync(folder)) {
      const text = readFileSync(join(folder, name), 'utf8');
      reader.read((JSON.parse(text) as { result: Profiler.ScriptCoverage[] }).result, found);
    }
    return found;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** All of it as data/reach.json has it. */
function reachOf(
  transcripts: readonly (readonly [string, ExecutedFunctions])[],
  tests: readonly (readonly [string, ExecutedFunctions])[],
): Map<string, Reach> {
  const reach = new Map<string, Reach>();
  for (const file of ported)
    for (const [name, { statements }] of functionsOf(outlineOf(file))) {
      const key = `${file.path}#${name}`;
      const by = (all: typeof tests): string[] =>
        all.filter(([, executed]) => executed.has(key)).map(([who]) => who);
      const hit = [...transcripts, ...tests].flatMap(([, e]) => e.get(key)?.lines ?? []);
      reach.set(key, {
        transcripts: by(transcripts),
        tests: by(tests),
        linesHit: new Set(hit).size,
        linesFound: new Set(statements?.map((s) => s.line)).size,
      });
    }
  return reach;
}

const reader = new CoverageReader(ported);
const asked = process.argv.slice(2);
const transcripts = asked.length > 0 ? asked : filesIn('test-fixtures/transcripts', '.jsonl');
const executed = reachOfTranscripts(transcripts, reader);
const byTranscript = transcripts.map(
  (name, i) => [name, executed[i] ?? new Map<string, never>()] as const,
);
if (asked.length > 0) {
  const keys = byTranscript.map(([name, e]) => [name, [...e.keys()].sort()] as const);
  console.log(JSON.stringify(Object.fromEntries(keys)));
} else {
  const files = PORT.flatMap((name) =>
    filesIn(`packages/${name}/test`, '.test.ts').map((file) => `packages/${name}/test/${file}`),
  );
  const byTest = files.map((file, i) => {
    console.log(`${String(i + 1)}/${String(files.length)} ${file}`);
    return [file, reachOfTest(file, reader)] as const;
  });
  const text = formatReach(transcripts, files, reachOf(byTranscript, byTest));
  writeFileSync(join(root, 'packages/reader/data/reach.json'), text);
}
