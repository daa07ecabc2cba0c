// SPDX-License-Identifier: GPL-2.0-only
// What every operation's handler sees: the environment and the operation's fields, read with their types.

import CRC32 from 'crc-32';
import {
  DMA_ATTR_ALLOC_SINGLE_PAGES,
  DMA_ATTR_FORCE_CONTIGUOUS,
  DMA_ATTR_PRIVILEGED,
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  type device,
  type dma_addr_t,
  type dma_data_direction,
} from '@iommu-bounce/linux-shim';
import type { iommu_domain } from '@iommu-bounce/iommu-core';
import type { CpuBuffer, Environment, Mapping } from './environment';
import { TranscriptError } from './error';
import type { Json } from './fields';
import type { Refuse } from './groups';
import type { TranscriptOp } from './parse';

export type Observed = Readonly<Record<string, Json>>;
export type Handler = (c: OpContext) => Observed;

const ATTRS: Readonly<Record<string, number>> = {
  skip_cpu_sync: DMA_ATTR_SKIP_CPU_SYNC,
  privileged: DMA_ATTR_PRIVILEGED,
  force_contiguous: DMA_ATTR_FORCE_CONTIGUOUS,
  alloc_single_pages: DMA_ATTR_ALLOC_SINGLE_PAGES,
};

export class OpContext {
  constructor(
    readonly env: Environment,
    readonly op: TranscriptOp,
  ) {}

  /** Something the operation refers to is not there: the transcript is wrong, not the port. */
  bad(reason: string): TranscriptError {
    return new TranscriptError(this.op.line, `${this.op.name}: ${reason}`);
  }

  /** For what says itself why it cannot be done. */
  get refuse(): Refuse {
    return (reason) => {
      throw this.bad(reason);
    };
  }

  number(name: string): number {
    return this.op.fields[name] as number;
  }

  numberOr(name: string, absent: number): number {
    return (this.op.fields[name] as number | undefined) ?? absent;
  }

  flag(name: string): boolean {
    return this.op.fields[name] === true;
  }

  text(name: string): string {
    return this.op.fields[name] as string;
  }

  dir(): dma_data_direction {
    const name = this.text('dir');
    return name === 'to_device'
      ? DMA_TO_DEVICE
      : name === 'from_device'
        ? DMA_FROM_DEVICE
        : DMA_BIDIRECTIONAL;
  }

  attrs(): number {
    const names = (this.op.fields['attrs'] ?? []) as readonly string[];
    return names.reduce((bits, name) => bits | (ATTRS[name] ?? 0), 0);
  }

  device(): device {
    const id = this.numberOr('dev', 0);
    const dev = this.env.devices.get(id);
    if (!dev) throw this.bad(`device ${String(id)} was not declared`);
    return dev;
  }

  /** The domain that the operation is about: of its group, or of its device. */
  domain(): iommu_domain {
    const group = this.op.fields['group'] as number | undefined;
    if (group === undefined) return this.env.groups.domainOfDevice(this.device());
    const domain = this.env.groups.domainOf(group);
    if (!domain) throw this.bad(`no device was declared in group ${String(group)}`);
    return domain;
  }

  buffer(id: number): CpuBuffer {
    const buf = this.env.buffers.get(id);
    if (!buf) throw this.bad(`buffer ${String(id)} does not exist`);
    return buf;
  }

  /** The bytes off..off+len of the buffer named by the field `buf`. */
  bufferBytes(): Uint8Array {
    const buf = this.buffer(this.number('buf'));
    const off = this.number('off');
    const len = this.number('len');
    if (off + len > buf.bytes)
      throw this.bad(`bytes ${String(off)}+${String(len)} are outside the buffer`);
    return this.env.m.k.mm.bytes_at(buf.phys, buf.bytes).subarray(off, off + len);
  }

  /** The mapping an operation names by `field`. */
  mapping(field: 'id' | 'map'): Mapping {
    const id = this.number(field);
    const mapping = this.env.mappings.get(id);
    if (!mapping) throw this.bad(`nothing is mapped under id ${String(id)}`);
    return mapping;
  }

  /** The same, of one kind. */
  mappingOf<K extends Mapping['kind']>(
    field: 'id' | 'map',
    ...kinds: readonly K[]
  ): Extract<Mapping, { kind: K }> {
    const mapping = this.mapping(field);
    if (!(kinds as readonly string[]).includes(mapping.kind))
      throw this.bad(
        `id ${String(this.number(field))} is a ${mapping.kind} mapping, expected ${kinds.join(' or ')}`,
      );
    return mapping as Extract<Mapping, { kind: K }>;
  }

  /** Remembers a mapping under the operation's id, which must be free. */
  keep(mapping: Mapping): void {
    this.env.mappings.set(this.number('id'), mapping);
  }

  /** @throws TranscriptError when the id is in use */
  requireFreeId(): void {
    if (this.env.mappings.has(this.number('id')))
      throw this.bad(`id ${String(this.number('id'))} is still in use`);
  }

  forget(): void {
    this.env.mappings.delete(this.number('id'));
  }
}

/** An address as the format writes it. */
export function address(addr: dma_addr_t): Json {
  return addr === DMA_MAPPING_ERROR ? 'error' : addr;
}

/** The byte pattern of a write. */
export function fillPattern(bytes: Uint8Array, seed: number): void {
  const base = (seed % 256) * 197;
  for (let i = 0; i < bytes.length; i++) bytes[i] = (base + i * 31 + Math.floor(i / 256) * 7) % 256;
}

export function crc32(bytes: Uint8Array): string {
  return (CRC32.buf(bytes, 0) >>> 0).toString(16).padStart(8, '0');
}
