// SPDX-License-Identifier: GPL-2.0-only
// Scenarios and a network card's traffic, what the closed loop of fio does not show: `scenario` and `net`, and the older
// `fio --scenario …` and `fio --workload …`.

import type { Command } from 'commander';
import {
  NIC_PARAMETERS,
  type ScenarioMachine,
  USUAL_MACHINE,
  USUAL_PACKETS,
  devicesExperiment,
  netExperiment,
  nicParameters,
  nosyncExperiment,
  policiesNamed,
  splitSettings,
  wrongsOf,
} from '@iommu-bounce/simulation';
import type { Documents } from '../documents';
import { UsageError } from '../errors';
import { type Part, partsText } from '../show/parts';
import {
  type PartsReport,
  devicesReport,
  netReport,
  nosyncReport,
  partsReport,
} from '../reports/scenarios';
import { type CommandIo, type ExitStatus } from '../io';
import { type OnProgress, withProgress } from '../progress';
import { checkReportFile, writeReport } from '../reports';
import { devicesParts } from '../tables/devices';
import { netParts } from '../tables/net';
import { nosyncParts } from '../tables/nosync';
import { type CostOptions, costsOf } from './cost-options';
import { printResult } from './json';
import { fixedPolicies, layoutNamed, option, wholeNumber } from './option-values';

const SCENARIOS = ['devices', 'nosync'] as const;
const WORKLOADS = ['net-rx', 'net-tx'] as const;
export type ScenarioKind = (typeof SCENARIOS)[number] | (typeof WORKLOADS)[number];

/** Options, by the names that commander gives them, that say something about a kind. */
const COMMON = ['scenario', 'workload', 'preset', 'costs', 'set', 'seed', 'data', 'json', 'report'];
const MEANT: Readonly<Record<ScenarioKind, readonly string[]>> = {
  devices: [...COMMON, 'cpus', 'layout'],
  nosync: ['scenario', 'workload', 'preset', 'seed', 'layout', 'json', 'report'],
  'net-rx': [...COMMON, 'packets', 'policy', 'fix'],
  'net-tx': [...COMMON, 'packets', 'policy', 'fix'],
};

const TITLES: Readonly<Record<ScenarioKind, string>> = {
  devices: 'Many devices, most of them idle: bounce memory, addresses, set-up',
  nosync: 'Drivers that do not sync',
  'net-rx': 'A network card that receives, simulated',
  'net-tx': 'A network card that sends, simulated',
};

const LEAST_PACKETS = 1000;
const MOST_PACKETS = 1e8;

export const PACKETS = `packets received and sent, together (default: ${String(USUAL_PACKETS)})`;

/** Adds the options that these need. */
export function addScenarioOptions(command: Command): void {
  command
    .option(
      '--scenario <name>',
      'instead of jobs: devices (1, 16 and 256 devices, most of them idle) or nosync (drivers that do not sync)',
    )
    .option(
      '--workload <name>',
      `instead of jobs: traffic of a network card, ${WORKLOADS.join(' or ')}; --set also takes ${NIC_PARAMETERS.map(({ name }) => name).join(', ')}`,
    )
    .option('--packets <n>', `for --workload: ${PACKETS}`);
}

/**
 * Runs what --scenario or --workload names.
 * @returns null: neither is there
 * @throws UsageError for a name that is none, or an option that says nothing about it
 */
export function scenario(
  command: Command,
  jobFile: string | undefined,
  io: CommandIo,
  typed: string,
): ExitStatus | null {
  const options = command.opts<Options>();
  const kind = kindOf(options);
  if (kind === null) {
    if (options.packets !== undefined)
      throw new UsageError('--packets: expected --workload net-rx or net-tx with it');
    return null;
  }
  const called = `${kind.startsWith('net') ? '--workload' : '--scenario'} ${kind}`;
  if (jobFile !== undefined)
    throw new UsageError(`${jobFile}: a job file and ${called}; expected one of the two`);
  return runScenario(command, kind, io, { called, typed });
}

/**
 * @param command whose options describe the machine
 * @param asked how it was called, for messages, and the whole command line, for the page
 * @throws UsageError for an option that says nothing about it, or a value that it cannot have
 */
export function runScenario(
  command: Command,
  kind: ScenarioKind,
  io: CommandIo,
  asked: { readonly called: string; readonly typed: string },
): ExitStatus {
  const options = command.opts<Options>();
  refuseOthers(command, kind, asked.called);
  const settings = splitSettings(options.set);
  if (settings.nic.length > 0 && !kind.startsWith('net'))
    throw new UsageError(`--set ${settings.nic[0] ?? ''}: ${asked.called} has no network card`);
  const { preset, costs } = costsOf({ ...options, set: settings.others });
  const machine: ScenarioMachine = {
    preset,
    cost: costs,
    cpus: wholeNumber('--cpus', options.cpus ?? String(USUAL_MACHINE.cpus), 1, 64),
    layout: layoutNamed(options.layout ?? USUAL_MACHINE.layout),
    seed: wholeNumber('--seed', options.seed ?? String(USUAL_MACHINE.seed), 0, 2 ** 31 - 1),
    moveData: options.data ?? true,
  };
  if (options.report !== undefined) checkReportFile(options.report);
  const label = asked.called.replace(/^--\w+ /, '');
  const { document, parts, page, wrong } = withProgress(io, label, (show) =>
    run(kind, machine, command, settings.nic, show),
  );
  if (options.report !== undefined)
    writeReport(
      options.report,
      partsReport({ ...page, title: TITLES[kind], command: asked.typed }),
    );
  printResult(io, options.json, document, (screen) => partsText(parts, screen));
  return wrong ? 1 : 0;
}

interface Options extends CostOptions {
  readonly scenario?: string;
  readonly workload?: string;
  readonly packets?: string;
  readonly policy?: string;
  readonly fix?: string;
  readonly cpus?: string;
  readonly layout?: string;
  readonly seed?: string;
  readonly data?: boolean;
  readonly json?: boolean;
  readonly report?: string;
}

function kindOf({ scenario, workload }: Options): ScenarioKind | null {
  if (scenario !== undefined && workload !== undefined)
    throw new UsageError('--scenario and --workload: expected one of the two');
  if (scenario !== undefined) {
    const found = SCENARIOS.find((name) => name === scenario);
    if (!found)
      throw new UsageError(`--scenario: expected ${SCENARIOS.join(' or ')}, got '${scenario}'`);
    return found;
  }
  if (workload === undefined) return null;
  const found = WORKLOADS.find((name) => name === workload);
  if (!found)
    throw new UsageError(`--workload: expected ${WORKLOADS.join(' or ')}, got '${workload}'`);
  return found;
}

/** An option that would have no effect is a misunderstanding. */
function refuseOthers(command: Command, kind: ScenarioKind, called: string): void {
  for (const option of command.options) {
    const name = option.attributeName();
    if (command.getOptionValueSource(name) !== 'cli' || MEANT[kind].includes(name)) continue;
    throw new UsageError(`${option.long ?? name}: says nothing about ${called}`);
  }
}

interface Result {
  readonly document: Documents['scenario' | 'net'];
  /** What the terminal shows. */
  readonly parts: readonly Part[];
  readonly page: Omit<PartsReport, 'title' | 'command'>;
  readonly wrong: boolean;
}

function run(
  kind: ScenarioKind,
  machine: ScenarioMachine,
  command: Command,
  nicSettings: readonly string[],
  progress: OnProgress,
): Result {
  if (kind === 'devices') {
    const document = devicesExperiment(machine, progress);
    const wrong = document.counts.some(({ runs }) => runs.some((one) => wrongsOf(one).length > 0));
    return { document, parts: devicesParts(document), page: devicesReport(document), wrong };
  }
  if (kind === 'nosync') {
    const document = nosyncExperiment(machine);
    return {
      document,
      parts: nosyncParts(document),
      page: nosyncReport(document),
      wrong: false,
    };
  }
  const { packets, policy, fix } = command.opts<Options>();
  const chosen = command.getOptionValueSource('policy') === 'cli' ? policy : undefined;
  const { preset, cost, seed, moveData } = machine;
  const document = netExperiment(
    {
      ...{ preset, cost, seed, moveData },
      shape: kind === 'net-rx' ? 'rx' : 'tx',
      packets: wholeNumber(
        '--packets',
        packets ?? String(USUAL_PACKETS),
        LEAST_PACKETS,
        MOST_PACKETS,
      ),
      policies: [
        ...option('--policy', () => policiesNamed(chosen ?? 'all')),
        ...fixedPolicies(fix),
      ],
      nic: option('--set', () => nicParameters(nicSettings)),
    },
    progress,
  );
  const wrong = document.runs.some((one) => wrongsOf(one).length > 0);
  return { document, parts: netParts(document), page: netReport(document), wrong };
}
