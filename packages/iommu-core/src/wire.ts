// SPDX-License-Identifier: GPL-2.0-only
// A machine with the IOMMU core and a driver in one call; dma-iommu and io-buffer-pool have the same for theirs.

import {
  type device,
  bus_type,
  check,
  check_ptr,
  machine,
  type machine_options,
  pci_dev,
} from '@iommu-bounce/linux-shim';
import {
  a_function,
  check_options,
  flag,
  instance_of,
  type shape_of,
} from '@iommu-bounce/linux-shim/options';
import { type dma_iommu_h, dma_iommu_h_stubs } from './dma-iommu.h';
import { iommu_c } from './iommu';
import { type iommu_domain, type iommu_ops } from './iommu.h';
import { table_driver } from './table-driver';

/** Makes the IOMMU driver of a machine; bound to every bus. */
export type driver_factory = (
  k: machine,
  iommu: iommu_c,
  dma_iommu: Pick<
    dma_iommu_h,
    'iommu_get_dma_cookie' | 'iommu_put_dma_cookie' | 'iommu_setup_dma_ops'
  >,
) => iommu_ops;

export interface wire_iommu_options {
  /** A machine, or what one is made of. Default: 64 MiB, one CPU. */
  readonly machine?: machine | machine_options;
  /** iommu.strict: flush at each unmap. Default true. */
  readonly strict?: boolean;
  /** iommu.passthrough: no translation by default. Default false. */
  readonly passthrough?: boolean;
  /** Default: the table driver. */
  readonly driver?: driver_factory;
}

/** A machine with an IOMMU that nothing is mapped in. */
export interface wired_iommu {
  readonly k: machine;
  readonly iommu: iommu_c;
  readonly driver: iommu_ops;
  /**
   * Probes a device, and attaches it to a domain of its own, which the caller maps.
   * @throws Error with the error number when one of the two fails
   */
  readonly attach: (dev: device) => iommu_domain;
}

// The parts below are also for the calls of the packages above, which take these options and more.

/** What each option can be. */
export const wire_iommu_shape: shape_of<wire_iommu_options> = {
  machine: machine_or_options,
  strict: flag,
  passthrough: flag,
  driver: a_function,
};

/** The options of a machine are checked by the machine. */
function machine_or_options(value: unknown, path: string): string | null {
  return typeof value === 'object' && value !== null ? null : is_machine(value, path);
}

const is_machine = instance_of(machine, 'a machine or its options');

/** The machine, and the IOMMU core in it. */
export function wire_core(options: wire_iommu_options): { k: machine; iommu: iommu_c } {
  const k = options.machine instanceof machine ? options.machine : new machine(options.machine);
  const { strict, passthrough } = options;
  const iommu = new iommu_c(k, {
    ...(strict === undefined ? {} : { strict }),
    ...(passthrough === undefined ? {} : { passthrough }),
  });
  return { k, iommu };
}

/** Binds a driver to the device's bus, which it gets here if it has none, and probes the device. */
export function wire_probe(iommu: iommu_c, driver: iommu_ops, dev: device): void {
  dev.bus ??= new bus_type(dev instanceof pci_dev ? 'pci' : 'platform');
  dev.bus.iommu_ops = driver;
  check(iommu.iommu_probe_device(dev), `iommu_probe_device(${dev.init_name})`);
}

/** A domain of its own for a device that was probed. */
export function attach_probed(iommu: iommu_c, dev: device): iommu_domain {
  const domain = check_ptr(iommu.iommu_domain_alloc(dev.bus), 'iommu_domain_alloc');
  check(iommu.iommu_attach_device(domain, dev), 'iommu_attach_device');
  return domain;
}

/** The table driver, or what the options say. */
export function wire_driver(
  options: wire_iommu_options,
  ...args: Parameters<driver_factory>
): iommu_ops {
  return options.driver ? options.driver(...args) : new table_driver(...args);
}

/**
 * Puts a machine with an IOMMU together.
 * @throws OptionError for an option that it does not have, or a value out of range
 */
export function wire_iommu(options: wire_iommu_options = {}): wired_iommu {
  check_options('wire_iommu', options, wire_iommu_shape);
  const { k, iommu } = wire_core(options);
  const driver = wire_driver(options, k, iommu, new dma_iommu_h_stubs());
  return {
    k,
    iommu,
    driver,
    attach: (dev) => {
      wire_probe(iommu, driver, dev);
      return attach_probed(iommu, dev);
    },
  };
}
