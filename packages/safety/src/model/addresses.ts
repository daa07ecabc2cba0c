// SPDX-License-Identifier: GPL-2.0-only
// Which addresses are in use, mapping by mapping, and the last few that were.

import type { Mapping } from '@iommu-bounce/integration';
import type { ModelMachine } from './machine-kind';
import type { Topology } from './topology';
import { Violation } from './violation';

const PAGE = 4096;
const MOST_DEAD = 8;

/** An address range that is in use, whole pages. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** An address that a device had. */
export interface DeadAddress {
  readonly device: number;
  readonly address: number;
}

export class Addresses {
  private readonly ranges = new Map<number, { device: number; ranges: readonly Range[] }>();
  /** Of mappings that were unmapped. */
  private dead: DeadAddress[] = [];

  constructor(
    private readonly machine: ModelMachine,
    private readonly topology: Topology,
    private readonly mappings: () => ReadonlyMap<number, Mapping>,
  ) {}

  /**
   * A new mapping's addresses: no other of the domain has one of these pages, the device has the bits for them, and none is reserved.
   * @param bits of the device, for such a mapping
   */
  enter(id: number, device: number, length: number, bits: number): void {
    const mapping = this.mappingOf(id);
    const segments = mapping.kind === 'sg' ? mapping.segments : [[mapping.addr, length] as const];
    const bytes = segments.reduce((sum, [, size]) => sum + size, 0);
    if (bytes !== length)
      throw new Violation(
        `${String(bytes)} bytes are mapped, expected ${String(length)}`,
        { dma: [] },
        true,
      );
    const ranges = segments.map(([at, size]) => pagesOf(at, size));
    // Segments of one list may share a page.
    if (ranges.some(({ from, to }) => this.inUse(device, from, to)))
      throw new Violation(
        'two live mappings have an address in common',
        mapping.kind === 'sg' ? { dma: [] } : { ret: 0 },
        true,
      );
    const refused = this.outOfBounds(segments, bits);
    if (refused !== null)
      throw new Violation(refused, mapping.kind === 'sg' ? { dma: [] } : { ret: 0 }, true);
    this.ranges.set(id, { device, ranges });
  }

  /** Where a mapping begins. */
  of(id: number): number {
    const mapping = this.mappingOf(id);
    return mapping.kind === 'sg' ? (mapping.segments[0]?.[0] ?? 0) : mapping.addr;
  }

  /** Before a mapping is unmapped. @returns where it begins */
  leave(id: number, device: number): number {
    const address = this.of(id);
    this.dead.push({ device, address });
    if (this.dead.length > MOST_DEAD) this.dead.shift();
    this.ranges.delete(id);
    return address;
  }

  /** A mapping went with its domain. */
  forget(id: number): void {
    this.ranges.delete(id);
  }

  /** Addresses of devices that may still be used. */
  probes(): readonly DeadAddress[] {
    this.dead = this.dead.filter(({ device }) => !this.topology.gone.has(this.groupOf(device)));
    return this.dead.filter(({ device }) => this.topology.isUsable(device));
  }

  /** Whether a mapping of the device's domain has one of these addresses. */
  inUse(device: number, from: number, to: number): boolean {
    const group = this.groupOf(device);
    for (const { device: other, ranges } of this.ranges.values())
      if (
        this.groupOf(other) === group &&
        ranges.some((range) => from < range.to && range.from < to)
      )
        return true;
    return false;
  }

  /** Why a device cannot use an address; null: it can. */
  private outOfBounds(
    segments: readonly (readonly [number, number])[],
    bits: number,
  ): string | null {
    const windows = this.machine.driver === 'table' ? this.machine.windows : [];
    for (const [at, size] of segments) {
      if (at + size > 2 ** bits)
        return `a device of ${String(bits)} bits gets the address 0x${at.toString(16)}`;
      if (windows.some(({ start, length }) => at < start + length && start < at + size))
        return `a device gets the address 0x${at.toString(16)}, which is reserved`;
    }
    return null;
  }

  private groupOf(device: number): number {
    return this.topology.groupOf(device);
  }

  private mappingOf(id: number): Mapping {
    const found = this.mappings().get(id);
    if (!found) throw new Error(`nothing is mapped under ${String(id)}`);
    return found;
  }
}

function pagesOf(at: number, size: number): Range {
  return { from: Math.floor(at / PAGE) * PAGE, to: Math.ceil((at + size) / PAGE) * PAGE };
}
