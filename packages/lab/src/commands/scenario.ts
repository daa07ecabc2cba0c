// SPDX-License-Identifier: GPL-2.0-only
// `scenario devices|nosync` and `net rx|tx`: what the closed loop of fio does not show.

import type { Command } from 'commander';
import { LAYOUT_NAMES, NIC_PARAMETERS, POLICIES, USUAL_MACHINE } from '@iommu-bounce/simulation';
import { UsageError } from '../errors';
import type { CommandIo, ExitStatus } from '../io';
import { commandLine } from './command-line';
import { withCostOptions } from './cost-options';
import { PACKETS, type ScenarioKind, runScenario } from './fio-scenario';
import { jsonOption } from './json';
import { reportOption, withFixOption } from './option-values';

type End = (status: ExitStatus) => void;

export function addScenario(program: Command, io: CommandIo, end: End): void {
  const scenario = program
    .command('scenario')
    .description('1, 16 and 256 devices, most of them idle; or drivers that do not sync')
    .argument('<name>', 'devices or nosync');
  withCostOptions(scenario)
    .option('--cpus <n>', 'virtual CPUs of devices', String(USUAL_MACHINE.cpus))
    .option('--layout <name>', `guest memory: ${LAYOUT_NAMES.join(', ')}`, USUAL_MACHINE.layout);
  output(scenario, 'scenario').action((name: string) => {
    end(started(scenario, name, { devices: 'devices', nosync: 'nosync' }, io, program));
  });

  const net = program
    .command('net')
    .description("a network card's traffic, received or sent, under every policy")
    .argument('<direction>', 'rx or tx');
  withCostOptions(net, `; also ${NIC_PARAMETERS.map(({ name }) => name).join(', ')}`)
    .option('--packets <n>', PACKETS)
    .option(
      '--policy <names>',
      `${POLICIES.map(({ name }) => name).join(', ')}; several with commas (default: all)`,
    );
  output(withFixOption(net), 'net').action((direction: string) => {
    end(started(net, direction, { rx: 'net-rx', tx: 'net-tx' }, io, program));
  });
}

function output(command: Command, verb: 'scenario' | 'net'): Command {
  return command
    .option('--seed <n>', 'seed of everything random', String(USUAL_MACHINE.seed))
    .option('--no-data', 'do not move data: faster, but nothing is checked')
    .addOption(jsonOption(verb))
    .addOption(reportOption(' as one self-contained file'));
}

/** @throws UsageError for a name that is none */
function started(
  command: Command,
  name: string,
  kinds: Readonly<Record<string, ScenarioKind>>,
  io: CommandIo,
  program: Command,
): ExitStatus {
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (kind === undefined)
    throw new UsageError(
      `${command.name()}: expected ${Object.keys(kinds).join(' or ')}, got '${name}'`,
    );
  const called = `${command.name()} ${name}`;
  return runScenario(command, kind, io, { called, typed: commandLine(program) });
}
