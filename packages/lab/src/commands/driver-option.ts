// SPDX-License-Identifier: GPL-2.0-only
// `--driver`: which IOMMU a verb's machines have.

import type { Command } from 'commander';
import { IOMMU_DRIVERS, type IommuDriver } from '@iommu-bounce/integration';
import { UsageError } from '../errors';

export function addDriverOption(command: Command): Command {
  return command.option(
    '--driver <driver>',
    'the IOMMU: virtio, a virtio-iommu with its VMM and VFIO, or table, which has none of its costs',
    IOMMU_DRIVERS[0],
  );
}

export function driverOf(text: string): IommuDriver {
  const driver = IOMMU_DRIVERS.find((one) => one === text);
  if (driver === undefined)
    throw new UsageError(`--driver: expected ${IOMMU_DRIVERS.join(' or ')}, got '${text}'`);
  return driver;
}
