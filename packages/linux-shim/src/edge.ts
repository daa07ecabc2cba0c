// SPDX-License-Identifier: GPL-2.0-only
// For callers outside the ported code: C's return values as exceptions, numbers as addresses.

import { ENOMEM, errname } from './errno';
import { check_value, whole } from './options';
import { dma_addr_t, phys_addr_t } from './types';

/**
 * For callers outside the ported code: turns a C return value into an exception.
 * @throws Error `what: -ENOMEM` when `ret` is negative
 */
export function check(ret: number, what: string): number {
  if (ret < 0) throw new Error(`${what}: ${errname(ret)}`);
  return ret;
}

/**
 * The same for a pointer: the page, the domain or whatever else was asked for.
 * @throws Error `what: -ENOMEM` for NULL
 */
export function check_ptr<T extends object>(p: T | null | undefined, what: string): T {
  if (p === null || p === undefined) throw new Error(`${what}: ${errname(-ENOMEM)}`);
  return p;
}

/**
 * A number as an address of a device; the cast `dma_addr_t()` does not look.
 * @throws OptionError unless it is a whole number from 0 to 2^53 - 1
 */
export function to_dma_addr(address: number): dma_addr_t {
  check_value('to_dma_addr', 'address', address, whole());
  return dma_addr_t(address);
}

/**
 * A number as an address in memory; the cast `phys_addr_t()` does not look.
 * @throws OptionError unless it is a whole number from 0 to 2^53 - 1
 */
export function to_phys_addr(address: number): phys_addr_t {
  check_value('to_phys_addr', 'address', address, whole());
  return phys_addr_t(address);
}
