// SPDX-License-Identifier: GPL-2.0-only
// Options of the commands that take cost parameters: a preset, a file over it, single values over that.

import type { Command } from 'commander';
import {
  type CostParameters,
  PRESET_NAMES,
  type PresetName,
  costParameters,
  parseAssignment,
  presetNamed,
} from '@iommu-bounce/simulation';
import { readText } from '../files';
import { collect, option } from './option-values';

export interface CostOptions {
  readonly preset?: string;
  readonly costs?: string;
  readonly set?: readonly string[];
}

/** Adds them to a command. @param more what else --set takes, as the end of its sentence */
export function withCostOptions(command: Command, more = ''): Command {
  return command
    .option('--preset <name>', `costs to start from: ${PRESET_NAMES.join(', ')}`)
    .option(
      '--costs <file>',
      'cost parameters that replace those of the preset: JSON, or lines name = value',
    )
    .option(
      '--set <name=value>',
      `one cost parameter, which replaces all of those; may be given again${more}`,
      collect,
    );
}

/** @throws UsageError */
export function costsOf(options: CostOptions): {
  readonly preset: PresetName;
  readonly costs: CostParameters;
} {
  const preset = option('--preset', () => presetNamed(options.preset));
  return { preset, costs: costsOver(options)(preset) };
}

/**
 * --costs and --set over any preset: the file is read once, here.
 * @throws UsageError
 */
export function costsOver({
  costs: name,
  set = [],
}: CostOptions): (preset: PresetName) => CostParameters {
  const file = name === undefined ? null : { name, text: readText(name, 'cost parameters') };
  const settings = set.map((text) => option('--set', () => parseAssignment(text)));
  return (preset) =>
    settings.reduce<CostParameters>(
      (costs, one) => ({ ...costs, ...one }),
      costParameters(preset, file),
    );
}
