// SPDX-License-Identifier: GPL-2.0-only
// What a machine is booted with, and what each option can be.

import type { machine_options } from '@iommu-bounce/linux-shim';
import {
  a_class,
  a_function,
  an_object,
  either,
  fields,
  flag,
  one_of,
  type shape_of,
  text,
} from '@iommu-bounce/linux-shim/options';
import type { driver_factory, virtio_iommu_c } from '@iommu-bounce/iommu-core';
import type { series_state } from '@iommu-bounce/dma-iommu';
import type { io_buffer_pool_overlays } from '@iommu-bounce/io-buffer-pool';
import type { OptionValues } from '@iommu-bounce/kconfig-options';

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

export interface overlays extends io_buffer_pool_overlays {
  /** For `bootOn('virtio')`, which makes the driver; `boot` refuses it. */
  readonly virtio_iommu?: typeof virtio_iommu_c;
}

export const boot_shape: shape_of<boot_options> = {
  patches: one_of(0, 1, 2, 3, 4),
  config: either(
    "a .config text, or an object with value('NAME')",
    text,
    (v, path) => an_object(v, path) ?? a_function((v as Partial<OptionValues>).value, path),
  ),
  params: text,
  kdump: flag,
  machine: an_object, // the machine looks into it
  driver: a_function,
  overlays: fields<overlays>({
    iova: a_class,
    virtio_iommu: a_class,
    io_buffer_pool: a_class,
    dma_iommu: a_function,
  }),
};
