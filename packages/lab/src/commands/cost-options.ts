// SPDX-License-Identifier: GPL-2.0-only
// Options of the commands that take cost parameters: a preset, a file over it, single values over that.

import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import {
  type CostParameters,
  PRESET_NAMES,
  type PresetName,
  costParameters,
  presetNamed,
} from '../cost';
import { UsageError } from '../errors';

export interface CostOptions {
  readonly preset?: string;
  readonly costs?: string;
  readonly set?: readonly string[];
}

/** Adds them to a command. */
export function withCostOptions(command: Command): Command {
  return command
    .option('--preset <name>', `costs to start from: ${PRESET_NAMES.join(', ')}`)
    .option('--costs <file>', 'cost parameters over the preset: JSON, or lines name = value')
    .option(
      '--set <name=value>',
      'one cost parameter, over all of those; may be given again',
      (text: string, before: readonly string[] | undefined) => [...(before ?? []), text],
    );
}

/** @throws UsageError */
export function costsOf(options: CostOptions): {
  readonly preset: PresetName;
  readonly costs: CostParameters;
} {
  const preset = presetNamed(options.preset);
  return { preset, costs: costParameters(preset, fileOf(options.costs), options.set) };
}

function fileOf(name: string | undefined): { name: string; text: string } | null {
  if (name === undefined) return null;
  try {
    return { name, text: readFileSync(name, 'utf8') };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new UsageError(`${name}: cannot be read (${code}), expected cost parameters`);
  }
}
