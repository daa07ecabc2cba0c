// SPDX-License-Identifier: GPL-2.0-only
// Options that say which machine a capture was recorded on, and what its steps cost.

import { Option } from 'commander';
import type { IommuDriver } from '@iommu-bounce/integration';
import {
  RECORDED_ON,
  type RecordedIommu,
  type VerdictCosts,
  driverOfPreset,
  presetFor,
} from '../compare';
import { UsageError } from '../errors';
import { type CostOptions, costsOf, costsOver } from './cost-options';
import { driverOf } from './driver-option';

/** What says which machine it was. */
export interface MachineOptions extends CostOptions {
  readonly driver?: string;
}

export interface Machine {
  /** Undefined: by what the capture was recorded on. */
  readonly driver: IommuDriver | undefined;
  readonly costs: (iommu: RecordedIommu, driver: IommuDriver) => VerdictCosts;
}

/** The IOMMU and its costs: both by one of --driver, --preset (with --costs and --set), --recorded-on, or the capture. */
export function machineOf(options: MachineOptions): Machine {
  const driver = options.driver === undefined ? undefined : driverOf(options.driver);
  if (options.preset === undefined) {
    const over = costsOver(options);
    return {
      driver,
      costs: (iommu, ran) => {
        const preset = presetFor(iommu, ran);
        return { preset, costs: over(preset) };
      },
    };
  }
  const { preset, costs } = costsOf(options);
  const wanted = driverOfPreset(preset);
  if (driver !== undefined && driver !== wanted)
    throw new UsageError(
      `--driver ${driver}: the costs of --preset ${preset} are those of ${wanted}; expected --driver ${wanted}, or none`,
    );
  return { driver: wanted, costs: () => ({ preset, costs }) };
}

/** `--recorded-on`. */
export function recordedOnOption(): Option {
  return new Option(
    '--recorded-on <iommu>',
    `what the machine had: ${Object.keys(RECORDED_ON).join(', ')} (default: what the facts or the capture say)`,
  );
}

export function recordedOnOf(text: string | undefined): RecordedIommu | null {
  if (text === undefined) return null;
  if (Object.hasOwn(RECORDED_ON, text)) return text as RecordedIommu;
  throw new UsageError(
    `--recorded-on: expected one of ${Object.keys(RECORDED_ON).join(', ')}, got '${text}'`,
  );
}

/** `--facts`. */
export function factsOption(): Option {
  return new Option(
    '--facts <file>',
    'what is known of the machine (default: NAME.facts.json, NAME.json)',
  );
}
