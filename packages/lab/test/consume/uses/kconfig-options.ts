// SPDX-License-Identifier: GPL-2.0-only
// A typed use of kconfig-options, compiled and run outside the repository.

import {
  type Config,
  KconfigError,
  type Kconfig,
  evaluate,
  parseKconfig,
  seriesKconfig,
} from '@iommu-bounce/kconfig-options';

const kconfig: Kconfig = parseKconfig('Kconfig', () => seriesKconfig);
const config: Config = evaluate(kconfig, 'CONFIG_IOMMU_IO_BUFFER=y\n');
export const value: string | undefined = config.value('IOMMU_IO_BUFFER');
if (value !== 'y') throw new Error(`IOMMU_IO_BUFFER is ${String(value)}`);

try {
  parseKconfig('Kconfig', () => 'config "A\n');
  throw new Error('an unterminated string was accepted');
} catch (error) {
  if (!(error instanceof KconfigError)) throw error;
}
