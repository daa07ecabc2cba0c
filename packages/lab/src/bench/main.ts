// SPDX-License-Identifier: GPL-2.0-only
// `npm run bench`: the table, or with --json one document; with --fio N the rate of the simulation over N I/Os instead, with
// --sweep N what a sweep of N points takes beside them, with --trace FILE what reading a .gz trace takes, with --captures N what
// reading and replaying captures of N events takes; with --no-flags maps and unmaps as in a program that does not raise V8's
// inlining budget.

import { setFlagsFromString } from 'node:v8';
import { type BenchResult, measureGroups } from './bench';
import { benchCases } from './cases';
import { type FioRate, fioRates } from './fio-rate';
import { type FormatRate, formatRates } from './format-rate';
import { count, memory } from '../show/format';
import { table } from '../show/table';
import { type SweepRates, sweepRates } from './sweep-rate';
import { type TraceRate, traceRates } from './trace-rate';

const USUAL_IOS = 300_000;
const USUAL_EVENTS = 60_000;
const USUAL_POINTS = 100_000;

function benchTable(results: readonly BenchResult[]): string {
  return table(
    ['bench', 'ns', 'times', 'of', 'garbage'],
    results.map((r) => [
      r.name,
      r.ns.toFixed(1),
      r.ratio_to_copy === null ? '' : r.ratio_to_copy.toFixed(2),
      r.to ?? '',
      `${String(r.garbage_bytes)} B`,
    ]),
    { numbersFrom: 1 },
  );
}

function rateTable(rates: readonly FioRate[]): string {
  return table(
    ['policy', 'I/Os', 'I/Os per s', 'heap early', 'heap late'],
    rates.map((r) => [
      r.policy,
      String(r.ios),
      String(r.ios_per_s),
      ...[r.heap_early, r.heap_late].map(memory),
    ]),
    { numbersFrom: 1 },
  );
}

function traceTable(rates: readonly TraceRate[]): string {
  return table(
    ['reading as', 'ns per line', 'times lines'],
    rates.map((r) => [r.name, r.ns_per_line.toFixed(0), r.ratio_to_lines.toFixed(2)]),
    { numbersFrom: 1 },
  );
}

function formatTable(rates: readonly FormatRate[]): string {
  return table(
    ['capture', 'step', 'events per s', 'times', 'of'],
    rates.map((r) => [
      r.layout,
      r.step,
      String(r.events_per_s),
      r.ratio === null ? '' : r.ratio.toFixed(2),
      r.to ?? '',
    ]),
    { numbersFrom: 2 },
  );
}

function sweepTable(r: SweepRates): string {
  return table(
    ['sweep', 'figure'],
    [
      ['points', String(r.points)],
      ['coordinator, µs of CPU time per point', r.coordinator_us_per_point.toFixed(1)],
      ['the same, % of points of 10 ms', (100 * r.coordinator_share).toFixed(2)],
      ...r.memory.flatMap(({ points, heap, peak }, i) => {
        const when = `${count(points)} points${i === 2 ? ', resumed' : ''}`;
        return [
          [`heap after ${when}`, memory(heap)],
          [`peak of the process after ${when}`, memory(peak)],
        ];
      }),
      ['two jobs to one', r.two_jobs_to_one.toFixed(2)],
      ['two processes to one, which share nothing', r.two_processes_to_one.toFixed(2)],
      [
        'two workers on Redis to two jobs',
        r.redis_to_local === null ? 'no redis-server' : r.redis_to_local.toFixed(2),
      ],
    ],
    { numbersFrom: 1 },
  );
}

const args = process.argv.slice(2);
const json = args.includes('--json');
const rest = args.filter((arg) => arg !== '--json' && arg !== '--no-flags');

/** Bytecode that V8 puts into one function, in all and of one callee: as a program may set it that maps all the time. */
function inlineUpTo(all: number, one: number): void {
  setFlagsFromString(`--max-inlined-bytecode-size-cumulative=${String(all)}`);
  setFlagsFromString(`--max-inlined-bytecode-size=${String(one)}`);
}

if (rest[0] === '--fio' && rest.length <= 2 && /^[1-9]\d*$/.test(rest[1] ?? '1')) {
  const rates = fioRates('strict,pool', Number(rest[1] ?? USUAL_IOS));
  process.stdout.write(json ? `${JSON.stringify({ rates }, null, 2)}\n` : `${rateTable(rates)}\n`);
} else if (rest[0] === '--sweep' && rest.length <= 2 && /^[1-9]\d*$/.test(rest[1] ?? '1')) {
  void sweepRates(Number(rest[1] ?? USUAL_POINTS)).then((rates) => {
    process.stdout.write(json ? `${JSON.stringify(rates, null, 2)}\n` : `${sweepTable(rates)}\n`);
  });
} else if (rest[0] === '--trace' && rest.length === 2) {
  void traceRates(rest[1] ?? '').then((rates) => {
    process.stdout.write(
      json ? `${JSON.stringify({ rates }, null, 2)}\n` : `${traceTable(rates)}\n`,
    );
  });
} else if (rest[0] === '--captures' && rest.length <= 2 && /^[1-9]\d*$/.test(rest[1] ?? '1')) {
  void formatRates(Number(rest[1] ?? USUAL_EVENTS)).then((captures) => {
    process.stdout.write(
      json ? `${JSON.stringify({ captures }, null, 2)}\n` : `${formatTable(captures)}\n`,
    );
  });
} else if (rest.length > 0) {
  process.stderr.write(
    `bench: unknown option ${rest.join(' ')}, expected --json, --no-flags, --fio N, --sweep N, --trace FILE, --captures N or nothing\n`,
  );
  process.exitCode = 2;
} else {
  const raises = !args.includes('--no-flags');
  if (raises) inlineUpTo(4000, 2000);
  const benches = measureGroups(benchCases());
  if (raises) inlineUpTo(920, 460); // V8's own limits, as the command has them
  // Behind all cases of the port: two kinds of machines in one process make each slower.
  void formatRates(USUAL_EVENTS).then((captures) => {
    process.stdout.write(
      json
        ? `${JSON.stringify({ benches, captures }, null, 2)}\n`
        : `${benchTable(benches)}\n${formatTable(captures)}\n`,
    );
  });
}
