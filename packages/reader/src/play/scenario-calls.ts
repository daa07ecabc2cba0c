// SPDX-License-Identifier: GPL-2.0-only
// The words in which scenarios are written: a small machine, and calls with a caption.

import type { PlayCall, PlayDevice, PlayMachine } from './calls';

export const NVME: PlayDevice = { name: 'nvme0' };
export const NIC: PlayDevice = { name: 'nic0' };

export const TO_DEVICE = 1;
export const FROM_DEVICE = 2;
export const BOTH = 0;

export const KIB = 1024;

/** Few slots, so that all of them can be seen. */
export function machine(more: Partial<PlayMachine> = {}): PlayMachine {
  return {
    devices: [NVME],
    pages: 256,
    buddyPages: 1024,
    params: 'io_buffer_pool.num_slots=8',
    swiotlbSlabs: 0,
    cpus: 1,
    ...more,
  };
}

export interface MapOptions {
  readonly device?: string;
  readonly offset?: number;
}

export function map(
  id: number,
  page: number,
  length: number,
  dir: 0 | 1 | 2,
  caption: string,
  { device = NVME.name, offset = 0 }: MapOptions = {},
): PlayCall {
  return { call: 'map_page', id, device, page, offset, length, dir, caption };
}

export function unmap(id: number, caption: string): PlayCall {
  return { call: 'unmap', id, caption };
}

export function cpuWrite(page: number, length: number, text: string, caption: string): PlayCall {
  return { call: 'cpu_write', page, offset: 0, length, text, caption };
}

export function cpuRead(page: number, length: number, caption: string, offset = 0): PlayCall {
  return { call: 'cpu_read', page, offset, length, caption };
}

export function deviceWrite(id: number, length: number, text: string, caption: string): PlayCall {
  return { call: 'device_write', id, offset: 0, length, text, caption };
}

export function deviceRead(id: number, length: number, caption: string, offset = 0): PlayCall {
  return { call: 'device_read', id, offset, length, caption };
}

export function wait(ms: number, caption: string): PlayCall {
  return { call: 'wait', ms, caption };
}

export function list(id: number, page: number, caption: string): PlayCall {
  return {
    call: 'map_sg',
    id,
    device: 'usb4-nic',
    dir: TO_DEVICE,
    entries: [
      { page, offset: 0, length: KIB },
      { page: page + 1, offset: 0, length: KIB },
    ],
    caption,
  };
}
