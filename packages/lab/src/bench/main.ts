// SPDX-License-Identifier: GPL-2.0-only
// `npm run bench`: the table, or with --json one document; with --fio N the rate of the simulation over N I/Os instead, with
// --sweep N what a sweep of N points takes beside them, with --trace FILE what reading a .gz trace takes, with --captures N what
// reading and replaying captures of N events takes, with --schedules N what the explorer does in N rounds; with --no-flags maps
// and unmaps as in a program that does not raise V8's inlining budget.

import { setFlagsFromString } from 'node:v8';
import { type BenchResult, measureGroups } from './bench';
import { benchCases } from './cases';
import { type FioRate, fioRates } from './fio-rate';
import { type FormatRate, formatRates } from './format-rate';
import { count, memory } from '../show/format';
import { table } from '../show/table';
import { type ScheduleRate, scheduleRates } from './schedule-rate';
import { type SweepRates, sweepRates } from './sweep-rate';
import { type TraceRate, traceRates } from './trace-rate';

const USUAL_IOS = 300_000;
const USUAL_EVENTS = 60_000;
const USUAL_POINTS = 100_000;
const USUAL_ROUNDS = 10;

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

function scheduleTable(rates: readonly ScheduleRate[]): string {
  return table(
    ['scenario', 'steps', 'schedules per s', 'generators alone', 'ratio'],
    rates.map((r) => [
      r.scenario,
      String(r.steps),
      String(r.schedules_per_s),
      String(r.generators_per_s),
      r.ratio.toFixed(2),
    ]),
    { numbersFrom: 1 },
  );
}

/** The document that --json prints, and its table. */
type Measured = readonly [document: object, text: string];

/** What an option measures in place of the usual cases, given its value, or what stands here. */
const OTHERS: Readonly<
  Record<string, { usual: number; measure: (n: number) => Measured | Promise<Measured> }>
> = {
  '--fio': {
    usual: USUAL_IOS,
    measure: (ios) => {
      const rates = fioRates('strict,pool', ios);
      return [{ rates }, rateTable(rates)];
    },
  },
  '--sweep': {
    usual: USUAL_POINTS,
    measure: async (points) => {
      const rates = await sweepRates(points);
      return [rates, sweepTable(rates)];
    },
  },
  '--captures': {
    usual: USUAL_EVENTS,
    measure: async (events) => {
      const captures = await formatRates(events);
      return [{ captures }, formatTable(captures)];
    },
  },
  '--schedules': {
    usual: USUAL_ROUNDS,
    measure: (rounds) => {
      const schedules = scheduleRates(rounds);
      return [{ schedules }, scheduleTable(schedules)];
    },
  },
};

/** Bytecode that V8 puts into one function, in all and of one callee: as a program may set it that maps all the time. */
function inlineUpTo(all: number, one: number): void {
  setFlagsFromString(`--max-inlined-bytecode-size-cumulative=${String(all)}`);
  setFlagsFromString(`--max-inlined-bytecode-size=${String(one)}`);
}

async function usualCases(raises: boolean): Promise<Measured> {
  if (raises) inlineUpTo(4000, 2000);
  const benches = measureGroups(benchCases());
  if (raises) inlineUpTo(920, 460); // V8's own limits, as the command has them
  // Behind all cases of the port: two kinds of machines in one process make each slower.
  const captures = await formatRates(USUAL_EVENTS);
  return [{ benches, captures }, `${benchTable(benches)}\n${formatTable(captures)}`];
}

/** @returns null for options that it does not have */
async function measured(rest: readonly string[], raises: boolean): Promise<Measured | null> {
  const [option, value] = rest;
  if (option === undefined) return usualCases(raises);
  if (rest.length > 2) return null;
  if (option === '--trace' && value !== undefined) {
    const rates = await traceRates(value);
    return [{ rates }, traceTable(rates)];
  }
  const other = Object.hasOwn(OTHERS, option) ? OTHERS[option] : undefined;
  if (other === undefined || !/^[1-9]\d*$/.test(value ?? '1')) return null;
  return other.measure(value === undefined ? other.usual : Number(value));
}

async function main(args: readonly string[]): Promise<void> {
  const rest = args.filter((arg) => arg !== '--json' && arg !== '--no-flags');
  const result = await measured(rest, !args.includes('--no-flags'));
  if (result === null) {
    process.stderr.write(
      `bench: unknown option ${rest.join(' ')}, expected --json, --no-flags, --fio N, --sweep N, --trace FILE, --captures N, --schedules N or nothing\n`,
    );
    process.exitCode = 2;
    return;
  }
  const [document, text] = result;
  process.stdout.write(`${args.includes('--json') ? JSON.stringify(document, null, 2) : text}\n`);
}

void main(process.argv.slice(2));
