// SPDX-License-Identifier: GPL-2.0-only
// Puts a machine together in any state of the series: configuration, linking, initcalls.

import { type device, machine, type machine_options } from '@iommu-bounce/linux-shim';
import {
  IOMMU_DOMAIN_DMA,
  type dma_iommu_h,
  iommu_c,
  type iommu_domain,
  type iommu_ops,
  iova_c,
  table_driver,
  type virtio_iommu_c,
} from '@iommu-bounce/iommu-core';
import {
  type dma_iommu_object,
  dma_iommu_after,
  type dma_iommu_unit,
  io_buffer_pool_h_stubs,
  type series_state,
  to_cookie,
} from '@iommu-bounce/dma-iommu';
import { type io_buffer_pool, io_buffer_pool_c } from '@iommu-bounce/io-buffer-pool';
import {
  type OptionValues,
  evaluate,
  parseCmdline,
  parseKconfig,
  seriesKconfig,
} from '@iommu-bounce/kconfig-options';
import { link, objects_of } from './link';

/** Makes the IOMMU driver of a machine; bound to every bus. */
export type driver_factory = (
  k: machine,
  iommu: iommu_c,
  dma_iommu: Pick<
    dma_iommu_h,
    'iommu_get_dma_cookie' | 'iommu_put_dma_cookie' | 'iommu_setup_dma_ops'
  >,
) => iommu_ops;

export interface boot_options {
  /** How many patches of the series are applied. Default 4. */
  readonly patches?: series_state;
  /** A .config text, evaluated under the series' Kconfig, or option values as they are. Default: no text. */
  readonly config?: string | OptionValues;
  /** Kernel command line text. */
  readonly params?: string;
  /** A kdump kernel. Default false. */
  readonly kdump?: boolean;
  readonly machine?: machine_options;
  /** Default: the table driver. */
  readonly driver?: driver_factory;
  /** What ifs: subclasses of the C's files, in place of these. */
  readonly overlays?: overlays;
}

export interface overlays {
  readonly iova?: typeof iova_c;
  /** For `bootOn('virtio')`, which makes the driver; `boot` refuses it. */
  readonly virtio_iommu?: typeof virtio_iommu_c;
  readonly io_buffer_pool?: typeof io_buffer_pool_c;
  /** Given the class of the machine's state of the series. */
  readonly dma_iommu?: (unit: dma_iommu_unit) => dma_iommu_unit;
}

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
 * @throws KconfigError for a bad .config or command line, Error for unresolved symbols, RangeError for an overlay of a
 *   driver that it does not make
 */
export function boot(options: boot_options = {}): running_machine {
  if (options.overlays?.virtio_iommu)
    throw new RangeError("boot() does not make virtio-iommu: use bootOn('virtio', { overlays })");
  const patches = options.patches ?? 4;
  const notes: string[] = [];
  const config = before_patch_4(patches, configuration(options.config ?? '', notes));
  const cmdline = parseCmdline(options.params ?? '');
  notes.push(...cmdline.unknown.map((word) => `unknown kernel parameter: ${word}`));
  link(objects_of(config, patches));

  const { params, given } = cmdline;
  const k = new machine(options.machine);
  const iommu = new iommu_c(k, {
    ...(given.has('strict') ? { strict: params.strict } : {}),
    passthrough: params.passthrough,
  });
  const { overlays = {} } = options;
  const iova = new (overlays.iova ?? iova_c)(k);

  // The circle between dma-iommu.o and io-buffer-pool.o is closed last, as the linker closes it.
  const symbols = {} as pool_imports;
  const pool = is_enabled(config, 'IOMMU_IO_BUFFER')
    ? new (overlays.io_buffer_pool ?? io_buffer_pool_c)(k, iommu, symbols, {
        num_slots: params.numSlots,
        class_sizes: params.classSizes,
      })
    : null;
  const unit = dma_iommu_after[patches];
  const dma_iommu = new (overlays.dma_iommu?.(unit) ?? unit)(
    k,
    iommu,
    iova,
    pool ?? new io_buffer_pool_h_stubs(),
    {
      IOMMU_IO_BUFFER: pool !== null,
      SWIOTLB: is_enabled(config, 'SWIOTLB'),
      DMA_REMAP: is_enabled(config, 'DMA_REMAP'),
    },
    {
      forcedac: given.has('forcedac') ? (params.forcedac ? '1' : '0') : undefined,
      kdump: options.kdump ?? false,
    },
  );
  if (pool) resolve(symbols, dma_iommu as unknown as pool_imports);

  dma_iommu.do_initcalls();

  const make_driver = options.driver ?? ((m, core, dma) => new table_driver(m, core, dma));
  const driver = make_driver(k, iommu, dma_iommu);
  return { patches, config, k, iommu, iova, dma_iommu, io_buffer_pool: pool, driver, notes };
}

type pool_imports = Pick<dma_iommu_h, (typeof io_buffer_pool_c.undefined_symbols)[number]>;

function resolve(symbols: pool_imports, from: pool_imports): void {
  symbols.__iommu_dma_alloc_iova = (...args) => from.__iommu_dma_alloc_iova(...args);
  symbols.__iommu_dma_free_iova = (...args) => {
    from.__iommu_dma_free_iova(...args);
  };
  symbols.__iommu_dma_alloc_pages = (...args) => from.__iommu_dma_alloc_pages(...args);
  symbols.__iommu_dma_free_pages = (...args) => {
    from.__iommu_dma_free_pages(...args);
  };
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

/** The pool of a domain, or null; before patch 4 the cookie has no place for one. */
export function pool_of(domain: iommu_domain): io_buffer_pool | null {
  if (!domain.iova_cookie || !('bounce_buffers' in domain.iova_cookie)) return null;
  return to_cookie(domain).bounce_buffers as io_buffer_pool | null;
}
