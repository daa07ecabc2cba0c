// SPDX-License-Identifier: GPL-2.0-only
// What driver and device of virtio-iommu say to each other, byte by byte: requests, status codes, configuration.
// C: include/uapi/linux/virtio_iommu.h (v0.12 of the specification). A struct is the offsets of its fields; all fields
// are little-endian.

import { U64_MAX } from '@iommu-bounce/linux-shim';

// Feature bits.
export const VIRTIO_IOMMU_F_INPUT_RANGE = 0; // input_range says which addresses can be mapped
export const VIRTIO_IOMMU_F_DOMAIN_RANGE = 1; // domain_range says which domain numbers can be used
export const VIRTIO_IOMMU_F_MAP_UNMAP = 2;
export const VIRTIO_IOMMU_F_BYPASS = 3; // endpoints without a domain reach memory untranslated
export const VIRTIO_IOMMU_F_PROBE = 4; // probe_size bytes of properties for each endpoint
export const VIRTIO_IOMMU_F_MMIO = 5; // VIRTIO_IOMMU_MAP_F_MMIO is understood

export const virtio_iommu_config = {
  page_size_mask: 0,
  input_range_start: 8,
  input_range_end: 16,
  domain_range_start: 24,
  domain_range_end: 28,
  probe_size: 32,
  sizeof: 36,
} as const;

// Request types.
export const VIRTIO_IOMMU_T_ATTACH = 0x01;
export const VIRTIO_IOMMU_T_DETACH = 0x02;
export const VIRTIO_IOMMU_T_MAP = 0x03;
export const VIRTIO_IOMMU_T_UNMAP = 0x04;
export const VIRTIO_IOMMU_T_PROBE = 0x05;

// Status codes.
export const VIRTIO_IOMMU_S_OK = 0x00;
export const VIRTIO_IOMMU_S_IOERR = 0x01; // the transport failed
export const VIRTIO_IOMMU_S_UNSUPP = 0x02; // no such request
export const VIRTIO_IOMMU_S_DEVERR = 0x03; // the device failed
export const VIRTIO_IOMMU_S_INVAL = 0x04; // a field is wrong
export const VIRTIO_IOMMU_S_RANGE = 0x05; // a value is out of range
export const VIRTIO_IOMMU_S_NOENT = 0x06; // no such domain or endpoint
export const VIRTIO_IOMMU_S_FAULT = 0x07; // a bad address
export const VIRTIO_IOMMU_S_NOMEM = 0x08; // the device is out of memory

export const virtio_iommu_req_head = { type: 0, sizeof: 4 } as const;
/** Offsets from the end of the request: the tail is what a request ends with. */
export const virtio_iommu_req_tail = { status: 0, sizeof: 4 } as const;

export const virtio_iommu_req_attach = {
  domain: 4,
  endpoint: 8,
  reserved: 12,
  tail: 20,
  sizeof: 24,
} as const;

/** Laid out as virtio_iommu_req_attach. */
export const virtio_iommu_req_detach = virtio_iommu_req_attach;

export const VIRTIO_IOMMU_MAP_F_READ = 1 << 0;
export const VIRTIO_IOMMU_MAP_F_WRITE = 1 << 1;
export const VIRTIO_IOMMU_MAP_F_MMIO = 1 << 2;
export const VIRTIO_IOMMU_MAP_F_MASK =
  VIRTIO_IOMMU_MAP_F_READ | VIRTIO_IOMMU_MAP_F_WRITE | VIRTIO_IOMMU_MAP_F_MMIO;

export const virtio_iommu_req_map = {
  domain: 4,
  virt_start: 8,
  virt_end: 16, // inclusive
  phys_start: 24,
  flags: 32,
  tail: 36,
  sizeof: 40,
} as const;

export const virtio_iommu_req_unmap = {
  domain: 4,
  virt_start: 8,
  virt_end: 16, // inclusive
  reserved: 24,
  tail: 28,
  sizeof: 32,
} as const;

export const VIRTIO_IOMMU_PROBE_T_NONE = 0;
export const VIRTIO_IOMMU_PROBE_T_RESV_MEM = 1;
export const VIRTIO_IOMMU_PROBE_T_MASK = 0xfff;

/** `length` does not count these four bytes. */
export const virtio_iommu_probe_property = { type: 0, length: 2, sizeof: 4 } as const;

export const VIRTIO_IOMMU_RESV_MEM_T_RESERVED = 0;
export const VIRTIO_IOMMU_RESV_MEM_T_MSI = 1;

export const virtio_iommu_probe_resv_mem = { subtype: 4, start: 8, end: 16, sizeof: 24 } as const;

/** The properties, probe_size bytes, come after the struct; then the tail. */
export const virtio_iommu_req_probe = { endpoint: 4, properties: 72, sizeof: 72 } as const;

export const VIRTIO_IOMMU_FAULT_R_UNKNOWN = 0;
export const VIRTIO_IOMMU_FAULT_R_DOMAIN = 1; // the endpoint has no domain
export const VIRTIO_IOMMU_FAULT_R_MAPPING = 2; // the domain has no such mapping, or not for this access

export const VIRTIO_IOMMU_FAULT_F_READ = 1 << 0;
export const VIRTIO_IOMMU_FAULT_F_WRITE = 1 << 1;
export const VIRTIO_IOMMU_FAULT_F_EXEC = 1 << 2;
export const VIRTIO_IOMMU_FAULT_F_ADDRESS = 1 << 8; // the address field is valid

export const virtio_iommu_fault = {
  reason: 0,
  flags: 4,
  endpoint: 8,
  address: 16,
  sizeof: 24,
} as const;

const TWO32 = 2 ** 32;

/** Writes `cpu_to_le64(value)`; the all-ones value, held as 2^53-1 here, becomes 64 ones. */
export function put_le64(view: DataView, offset: number, value: number): void {
  // Worked out first: with a condition among its arguments V8 calls setInt32 instead of inlining it, 90 ns of a plain pair.
  const ones = value >= U64_MAX;
  const lo = ones ? -1 : value | 0;
  const hi = ones ? -1 : (value / TWO32) | 0;
  view.setInt32(offset, lo, true);
  view.setInt32(offset + 4, hi, true);
}

/** Reads as `le64_to_cpu`; what does not fit below 2^53 is the all-ones value. */
export function get_le64(view: DataView, offset: number): number {
  const value = view.getUint32(offset + 4, true) * TWO32 + view.getUint32(offset, true);
  return value >= U64_MAX ? U64_MAX : value;
}

/** Reads a mask of page sizes: bits from 2^53 on do not exist here. */
export function get_le64_mask(view: DataView, offset: number): number {
  return (view.getUint32(offset + 4, true) & 0x1fffff) * TWO32 + view.getUint32(offset, true);
}
