// SPDX-License-Identifier: GPL-2.0-only
// `--driver`: which IOMMU a verb's machines have.

import type { Command } from 'commander';
import { IOMMU_DRIVERS, type IommuDriver } from '@iommu-bounce/integration';
import { UsageError } from '../errors';

const WHAT =
  'the IOMMU: virtio, a virtio-iommu with its VMM and VFIO, or table, which has none of its costs';

/** @param otherwise what decides without it; by default the first driver does */
export function addDriverOption(command: Command, otherwise?: string): Command {
  return otherwise === undefined
    ? command.option('--driver <driver>', WHAT, IOMMU_DRIVERS[0])
    : command.option('--driver <driver>', `${WHAT} (default: ${otherwise})`);
}

export function driverOf(text: string): IommuDriver {
  const driver = IOMMU_DRIVERS.find((one) => one === text);
  if (driver === undefined)
    throw new UsageError(`--driver: expected ${IOMMU_DRIVERS.join(' or ')}, got '${text}'`);
  return driver;
}
