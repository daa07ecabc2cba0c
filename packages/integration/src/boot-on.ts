// SPDX-License-Identifier: GPL-2.0-only
// A running machine with one of two IOMMUs: virtio-iommu, with the VMM and VFIO behind it, or a plain table that has nothing
// behind it. The one place that sets a driver up, and where watchers are declared.

import { OptionError, type device, dma_addr_t } from '@iommu-bounce/linux-shim';
import {
  an_object,
  check_options,
  check_value,
  one_of,
  type shape_of,
  a_limit,
  whole,
} from '@iommu-bounce/linux-shim/options';
import {
  type DeviceDma,
  IOMMU_READ,
  IOMMU_RESV_MSI,
  IOMMU_WRITE,
  VFIO_DMA_MAP_FLAG_READ,
  VFIO_DMA_MAP_FLAG_WRITE,
  VIRTIO_IOMMU_RESV_MEM_T_MSI,
  VIRTIO_IOMMU_T_MAP,
  VIRTIO_IOMMU_T_UNMAP,
  type VirtioHooks,
  type iommu_c,
  type iommu_domain,
  type iommu_ops,
  new_virtio_iommu,
  table_driver,
  type table_listener,
  to_table_domain,
  type virtio_iommu,
} from '@iommu-bounce/iommu-core';
import { type driver_factory, type running_machine, boot, plug } from './boot';
import { type boot_options, boot_shape } from './boot-options';
import { type DriverWatch, watched_driver } from './watched-driver';

/** The first is what a command takes that is not told which. */
export const IOMMU_DRIVERS = ['virtio', 'table'] as const;
export type IommuDriver = (typeof IOMMU_DRIVERS)[number];

export interface IommuOptions {
  /** Sum of the supported page sizes. Default: the driver's own. */
  readonly pageSizeMask?: number;
  /** Of virtio-iommu: mappings of a device that VFIO takes at one time. Default: VFIO's. */
  readonly dmaEntryLimit?: number;
  /** Of virtio-iommu: told of every step from the queue to the pinned page. */
  readonly hooks?: VirtioHooks;
  /** Of the table: told of what its driver did. */
  readonly table?: table_listener;
  /** Told which domain the driver is called for. */
  readonly watch?: DriverWatch;
}

/** Where a device's interrupts are written to; nothing else is mapped there. */
export interface MsiWindow {
  readonly start: number;
  readonly length: number;
}

/** Maps and unmaps that were asked of the IOMMU. */
export interface Requests {
  readonly map: number;
  readonly unmap: number;
}

/** Where an access of a device goes: a physical address, or -1 for nowhere. */
export type Translate = (address: number, write: boolean) => number;

export interface MachineOnIommu {
  readonly m: running_machine;
  /** Null on the table. */
  readonly virtio: virtio_iommu | null;
  /** Gives a device its place behind the IOMMU: on virtio-iommu as endpoint 1, 2, 3 …; nothing is probed yet. */
  add(dev: device, msi?: MsiWindow): void;
  /** The same, and probes the device. */
  plug(dev: device, msi?: MsiWindow): iommu_domain;
  /** Requests that the VMM took, or calls of the table's driver, so far. */
  requests(): Requests;
  /** Requests of all kinds, those that attach a device too. */
  allRequests(): number;
  /** For a device that was plugged in, as long as it stays in its domain. */
  translator(dev: device): Translate;
  /** Pages that VFIO holds for the devices; 0 on the table. */
  pinnedPages(): number;
}

/** Options that only this driver obeys. */
const OWN_OPTIONS = {
  virtio: ['dmaEntryLimit', 'hooks'],
  table: ['table'],
} as const satisfies Readonly<Record<IommuDriver, readonly (keyof IommuOptions)[]>>;

const { patches, config, params, kdump, machine, overlays } = boot_shape;
const OPTIONS: shape_of<Omit<boot_options, 'driver'>> = {
  ...{ patches, config, params, kdump, machine, overlays },
};
const IOMMU_OPTIONS: shape_of<IommuOptions> = {
  pageSizeMask: whole(1),
  dmaEntryLimit: a_limit,
  hooks: an_object,
  table: an_object,
  watch: an_object,
};

/** An option of the other driver would be ignored. */
function checkOptions(
  driver: IommuDriver,
  options: Omit<boot_options, 'driver'>,
  iommu: IommuOptions,
): void {
  check_value('bootOn', 'driver', driver, one_of(...IOMMU_DRIVERS));
  check_options(`bootOn('${driver}')`, options, OPTIONS);
  check_options(`bootOn('${driver}'): iommu`, iommu, IOMMU_OPTIONS);
  const other = driver === 'virtio' ? 'table' : 'virtio';
  const wrong: string[] = OWN_OPTIONS[other].filter((name) => iommu[name] !== undefined);
  if (driver === 'table' && options.overlays?.virtio_iommu) wrong.push('overlays.virtio_iommu');
  if (wrong.length > 0)
    throw new OptionError(
      `bootOn('${driver}') does not obey ${wrong.join(' and ')}: leave it out, or boot on '${other}'`,
    );
}

/**
 * Boots on one of the drivers.
 * @throws OptionError for an option of the other driver; what `boot` throws
 */
export function bootOn(
  driver: IommuDriver,
  options: Omit<boot_options, 'driver'> = {},
  iommu: IommuOptions = {},
): MachineOnIommu {
  checkOptions(driver, options, iommu);
  return driver === 'virtio' ? onVirtio(options, iommu) : onTable(options, iommu);
}

function onVirtio(options: Omit<boot_options, 'driver'>, chosen: IommuOptions): MachineOnIommu {
  const { pageSizeMask, dmaEntryLimit, hooks } = chosen;
  let made: virtio_iommu | undefined;
  // The overlay is for the driver made here, which boot() does not know.
  const { virtio_iommu: overlay, ...overlays } = options.overlays ?? {};
  const m = bootWith({ ...options, overlays }, chosen, (k, iommu, dma_iommu) => {
    made = new_virtio_iommu(k, iommu, dma_iommu, {
      ...(pageSizeMask === undefined ? {} : { pageSizeMask }),
      ...(dmaEntryLimit === undefined ? {} : { dmaEntryLimit }),
      ...(hooks === undefined ? {} : { hooks }),
      ...(overlay === undefined ? {} : { driver: overlay }),
    });
    return made.driver;
  });
  const virtio = made as virtio_iommu;
  const { counters, vfio } = virtio;
  const dma = new Map<device, DeviceDma>();
  let endpoints = 0;
  const count = (type: number): number => counters.requests[type] ?? 0;
  const add = (dev: device, msi?: MsiWindow): void => {
    const subtype = VIRTIO_IOMMU_RESV_MEM_T_MSI;
    const regions = msi ? [{ start: msi.start, last: msi.start + msi.length - 1, subtype }] : [];
    dma.set(dev, virtio.add_endpoint(dev, ++endpoints, regions));
  };
  return {
    m,
    virtio,
    ...plugging(m, add),
    requests: () => ({ map: count(VIRTIO_IOMMU_T_MAP), unmap: count(VIRTIO_IOMMU_T_UNMAP) }),
    allRequests: () => counters.requests.reduce((sum, n) => sum + n, 0),
    translator: (dev) => {
      const container = dma.get(dev)?.endpoint.container;
      return (address, write) =>
        container?.translate(address, write ? VFIO_DMA_MAP_FLAG_WRITE : VFIO_DMA_MAP_FLAG_READ) ??
        -1;
    },
    pinnedPages: () => vfio.pages.total,
  };
}

function onTable(options: Omit<boot_options, 'driver'>, chosen: IommuOptions): MachineOnIommu {
  const { pageSizeMask, table: listener } = chosen;
  let made: table_driver | undefined;
  let maps = 0;
  let unmaps = 0;
  const m = bootWith(
    options,
    chosen,
    (k, iommu, dma_iommu) =>
      (made = new table_driver(
        k,
        iommu,
        dma_iommu,
        pageSizeMask === undefined ? {} : { pgsize_bitmap: pageSizeMask },
        {
          // One by one: the methods of a listener that is an instance lie on its prototype, where a spread does not see them.
          before_unmap: (iova, size) => {
            listener?.before_unmap?.(iova, size);
          },
          sync: () => {
            listener?.sync?.();
          },
          flush_all: () => {
            listener?.flush_all?.();
          },
          map: (iova, paddr, size, prot) => {
            maps++;
            listener?.map?.(iova, paddr, size, prot);
          },
          unmap: (iova, size) => {
            unmaps++;
            listener?.unmap?.(iova, size);
          },
        },
      )),
  );
  const table = made as table_driver;
  const add = (dev: device, msi?: MsiWindow): void => {
    if (msi) table.set_resv_regions(dev, [{ ...msi, type: IOMMU_RESV_MSI }]);
  };
  return {
    m,
    virtio: null,
    ...plugging(m, add),
    requests: () => ({ map: maps, unmap: unmaps }),
    allRequests: () => maps + unmaps,
    translator: (dev) => tableTranslator(m.iommu, dev),
    pinnedPages: () => 0,
  };
}

function plugging(
  m: running_machine,
  add: MachineOnIommu['add'],
): Pick<MachineOnIommu, 'add' | 'plug'> {
  return {
    add,
    plug: (dev, msi) => {
      add(dev, msi);
      return plug(m, dev);
    },
  };
}

function tableTranslator(iommu: iommu_c, dev: device): Translate {
  const domain = iommu.iommu_get_domain_for_dev(dev);
  if (!domain) return () => -1;
  const { table } = to_table_domain(domain);
  return (address, write) => {
    const at = dma_addr_t(address);
    const prot = table.prot(at); // -1, all bits, where nothing is mapped
    const isAllowed = prot >= 0 && (prot & (write ? IOMMU_WRITE : IOMMU_READ)) !== 0;
    return isAllowed ? table.iova_to_phys(at) : -1;
  };
}

function bootWith(
  options: Omit<boot_options, 'driver'>,
  { watch }: IommuOptions,
  make: driver_factory,
): running_machine {
  return boot({
    ...options,
    driver: (k, iommu, dma_iommu): iommu_ops => {
      const driver = make(k, iommu, dma_iommu);
      return watch ? watched_driver(driver, iommu, watch) : driver;
    },
  });
}
