// SPDX-License-Identifier: GPL-2.0-only
// Puts a machine together in any state of the series: configuration, linking, initcalls.

import { OptionError, type device, type machine } from '@iommu-bounce/linux-shim';
import { check_options } from '@iommu-bounce/linux-shim/options';
import {
  IOMMU_DOMAIN_DMA,
  type iommu_c,
  type iommu_domain,
  type iommu_ops,
  type iova_c,
} from '@iommu-bounce/iommu-core';
import { type dma_iommu_object, type series_state, wire_dma_iommu } from '@iommu-bounce/dma-iommu';
import { type io_buffer_pool_c, wire_io_buffer_pool } from '@iommu-bounce/io-buffer-pool';
import {
  type OptionValues,
  evaluate,
  parseCmdline,
  parseKconfig,
  seriesKconfig,
} from '@iommu-bounce/kconfig-options';
import { type boot_options, boot_shape } from './boot-options';
import { link, objects_of } from './link';

export { pool_of } from '@iommu-bounce/io-buffer-pool';
export type { driver_factory } from '@iommu-bounce/iommu-core';
export type { boot_options, overlays } from './boot-options';

/** A machine that is up. */
export interface running_machine {
  readonly patches: series_state;
  readonly config: OptionValues;
  /** The shim: memory, locks, time, the DMA API. */
  readonly k: machine;
  readonly iommu: iommu_c;
  readonly iova: iova_c;
  readonly dma_iommu: dma_iommu_object;
  /** The pool's code, or null if it is not linked. */
  readonly io_buffer_pool: io_buffer_pool_c | null;
  readonly driver: iommu_ops;
  /** Warnings of the configuration and command line words that nobody wanted. */
  readonly notes: readonly string[];
}

/** `.config` line that turns the pool on. */
export const IO_BUFFER_Y = 'CONFIG_IOMMU_IO_BUFFER=y\n';

/**
 * @throws OptionError for an option that it does not have, or a value out of range; KconfigError for a bad .config or
 *   command line; Error for unresolved symbols
 */
export function boot(options: boot_options = {}): running_machine {
  check_options('boot', options, boot_shape);
  if (options.overlays?.virtio_iommu)
    throw new OptionError("boot() does not make virtio-iommu: use bootOn('virtio', { overlays })");
  const patches = options.patches ?? 4;
  const notes: string[] = [];
  const config = before_patch_4(patches, configuration(options.config ?? '', notes));
  const cmdline = parseCmdline(options.params ?? '');
  notes.push(...cmdline.unknown.map((word) => `unknown kernel parameter: ${word}`));
  link(objects_of(config, patches));

  const { params, given } = cmdline;
  const { overlays = {} } = options;
  const wiring = {
    ...(options.machine === undefined ? {} : { machine: options.machine }),
    ...(given.has('strict') ? { strict: params.strict } : {}),
    passthrough: params.passthrough,
    ...(options.driver === undefined ? {} : { driver: options.driver }),
    config: {
      SWIOTLB: is_enabled(config, 'SWIOTLB'),
      DMA_REMAP: is_enabled(config, 'DMA_REMAP'),
    },
    params: {
      forcedac: given.has('forcedac') ? (params.forcedac ? '1' : '0') : undefined,
      kdump: options.kdump ?? false,
    },
    overlays: { iova: overlays.iova, dma_iommu: overlays.dma_iommu },
  };
  const wired = is_enabled(config, 'IOMMU_IO_BUFFER')
    ? wire_io_buffer_pool({
        ...wiring,
        num_slots: params.numSlots,
        class_sizes: params.classSizes,
        overlays: { ...wiring.overlays, io_buffer_pool: overlays.io_buffer_pool },
      })
    : { ...wire_dma_iommu({ ...wiring, patches }), io_buffer_pool: null };
  const { k, iommu, iova, dma_iommu, io_buffer_pool, driver } = wired;
  return { patches, config, k, iommu, iova, dma_iommu, io_buffer_pool, driver, notes };
}

function configuration(config: string | OptionValues, notes: string[]): OptionValues {
  if (typeof config !== 'string') return config;
  const evaluated = evaluate(
    parseKconfig('Kconfig', () => seriesKconfig),
    config,
  );
  notes.push(...evaluated.warnings);
  return evaluated;
}

/** Before patch 4 there is no such option, whatever a .config says. */
function before_patch_4(patches: series_state, config: OptionValues): OptionValues {
  if (patches === 4) return config;
  return { value: (name) => (name === 'IOMMU_IO_BUFFER' ? undefined : config.value(name)) };
}

export function is_enabled(config: OptionValues, name: string): boolean {
  const value = config.value(name);
  return value === 'y' || value === 'm';
}

/** A device that the kernel leaves without translation, which its options can bring about (docs/findings.md, 64). */
export class NotTranslatedError extends Error {
  constructor({ init_name }: device, log: readonly { readonly text: string }[]) {
    const last = log.slice(-2).map(({ text }) => text);
    super(
      `${init_name} keeps its platform DMA ops, so it would not be translated; expected options under which the kernel sets up its IOMMU. The kernel's log ends with: ${last.join('; ')}`,
    );
    this.name = 'NotTranslatedError';
  }
}

/**
 * Gives a device its bus's IOMMU: group, default domain, dma_ops, as probing does.
 * @returns the domain
 * @throws Error when probing fails
 * @throws NotTranslatedError when the device keeps its platform DMA ops
 */
export function plug(m: running_machine, dev: device): iommu_domain {
  if (!dev.bus) throw new Error(`${dev.init_name} is on no bus`);
  dev.bus.iommu_ops = m.driver;
  const ret = m.iommu.iommu_probe_device(dev);
  const domain = m.iommu.iommu_get_domain_for_dev(dev);
  if (ret !== 0 || !domain) throw new Error(`${dev.init_name}: probing failed: ${String(ret)}`);
  if (domain.type === IOMMU_DOMAIN_DMA && dev.dma_ops === null)
    throw new NotTranslatedError(dev, m.k.log.lines);
  return domain;
}
