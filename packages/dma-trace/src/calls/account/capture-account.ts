// SPDX-License-Identifier: GPL-2.0-only
// An account of all that a capture shows: what its DMA API calls add up to, and what stands beside them. Memory stays
// the same however long the capture is; each history says where its bound made an answer unknown.

import type { dma_data_direction } from '@iommu-bounce/linux-shim';
import type {
  IommuMap,
  IommuUnmap,
  SwiotlbBounced,
  SyncSg,
  SyncSingle,
  TraceEvent,
} from '../../events';
import type { EventHead } from '../../event-head';
import type { LiveMappings } from '../live-mappings';
import type { CallForm, Mapping } from '../step';
import { DeviceAccounts } from './device-account';
import { FaultAccount } from './fault-account';
import { FreedMappings } from './freed-mappings';
import { Groups } from './groups';
import { type Claimable, IommuAccount } from './iommu-account';
import { LogAccount } from './log-account';
import { LossAccount } from './loss-account';
import { type Before, FIRST, type Seen, seen } from './seen';
import { type UnmapCall, UnmapAccount, beforeOf } from './unmap-account';

/** Names of events kept apart. */
const MOST_NAMES = 64;

/** Mappings that are alike. */
export interface MappingKind {
  readonly device: string;
  readonly form: CallForm;
  readonly dir: dma_data_direction;
  /** Bytes of each. */
  readonly size: number;
}

export interface BounceKind {
  readonly device: string;
  /** Bytes of each. */
  readonly size: number;
  /** By force (swiotlb=force, an untrusted device), not because the device cannot reach the memory. */
  readonly forced: boolean;
}

export interface StraySync extends Seen {
  readonly device: string;
  readonly dmaAddr: number;
  /** Where it was unmapped; null where the capture does not show it mapped. */
  readonly before: Before | null;
}

export class CaptureAccount {
  readonly iommu = new IommuAccount();
  readonly devices = new DeviceAccounts();
  readonly unmaps: UnmapAccount;
  readonly faults: FaultAccount;
  /** Mappings without an unmap: in force at the end, or replaced at their address. */
  readonly neverUnmapped = new Groups<MappingKind>();
  readonly bounces = new Groups<BounceKind>();
  /** Syncs of what is not mapped, and of these those after an unmap. */
  readonly straySyncs = { count: 0, afterUnmap: 0, first: [] as StraySync[] };
  /** Events that no figure of a replay uses, by name. */
  readonly otherEvents = new Groups<string>(MOST_NAMES);
  readonly losses = new LossAccount();
  readonly log = new LogAccount();
  protected readonly freed: FreedMappings;
  protected file = '';

  /** @param history addresses of unmapped buffers kept per device */
  constructor(history?: number) {
    this.freed = new FreedMappings(history);
    this.unmaps = new UnmapAccount(this.freed);
    this.faults = new FaultAccount(this.freed, this.iommu);
  }

  beginFile(file: string): void {
    this.file = file;
    this.losses.beginFile(file);
  }

  /** A line, before the calls are told of it. */
  event(event: TraceEvent, live: LiveMappings): void {
    this.losses.event(event);
    switch (event.kind) {
      case 'kernelLog':
        this.log.add(event, this.file);
        return;
      case 'ioPageFault':
        this.devices.of(event.device).faults++;
        this.faults.add(event, seen(event, this.file), live);
        return;
      case 'swiotlbBounced':
        this.bounced(event);
        return;
      case 'attach':
      case 'detach':
        this.other(`${event.kind}_device`, event);
        return;
      case 'groupAdd':
        this.other('add_device_to_group', event);
        return;
      case 'groupRemove':
        this.other('remove_device_from_group', event);
        return;
      case 'marker':
        this.other('tracing_mark_write', event);
        return;
      case 'other':
        this.other(event.name, event);
        return;
      default:
    }
  }

  iommuMap(event: IommuMap, open: Claimable): void {
    this.faults.hasMaps = true;
    this.iommu.map(event, open, this.file);
  }

  iommuUnmap(event: IommuUnmap, open: Claimable): void {
    this.iommu.unmap(event, open, this.file);
  }

  /** @param inPool it holds a slot of the pool */
  mapped(mapping: Mapping, inPool: boolean): void {
    this.faults.hasMaps = true;
    this.devices.of(mapping.device).mapped(mapping, inPool);
  }

  /** A map call that failed on the recorded machine. */
  failed(device: string, event: EventHead): void {
    const figures = this.devices.of(device);
    figures.failed++;
    figures.firstFailed ??= { file: this.file, line: event.line };
  }

  unmapped(mapping: Mapping, call: UnmapCall): void {
    this.devices.of(mapping.device).unmaps++;
    this.unmaps.paired(mapping, call, this.file);
  }

  /** The address of a mapping was mapped again: it is no longer in force. What it is then told of is lateUnmap() or left(). */
  superseded(_mapping: Mapping): void {
    return;
  }

  /** The unmap of a mapping that was superseded was logged late. */
  lateUnmap(mapping: Mapping, call: UnmapCall): void {
    this.devices.of(mapping.device).unmaps++;
    this.unmaps.paired(mapping, call, this.file);
  }

  exchanged(wrong: Mapping, right: Mapping, event: EventHead): void {
    this.unmaps.exchanged(wrong, right, seen(event, this.file));
  }

  /**
   * @param call null if only the pool tells of it
   * @param endedNs when its iommu:unmap was logged; Infinity: not known
   */
  strayUnmap(
    event: EventHead,
    call: UnmapCall | null,
    live: LiveMappings,
    endedNs = Infinity,
  ): void {
    this.unmaps.stray(seen(event, this.file), call, live, endedNs);
  }

  /** A sync of a mapping in force; only subclasses keep anything of it. */
  synced(_mapping: Mapping, _event: SyncSingle | SyncSg): void {
    return;
  }

  straySync(event: SyncSingle | SyncSg, dmaAddr: number): void {
    const { straySyncs } = this;
    const at = seen(event, this.file);
    const freed = this.freed.at(event.device, dmaAddr);
    straySyncs.count++;
    if (freed) straySyncs.afterUnmap++;
    if (straySyncs.first.length < FIRST)
      straySyncs.first.push({
        ...at,
        device: event.device,
        dmaAddr,
        before: freed && beforeOf(freed, at),
      });
  }

  /** The mapping has no unmap. */
  left({ device, form, dir, size, place }: Mapping): void {
    this.devices.of(device).neverUnmapped++;
    const key = `${device} ${form} ${String(dir)} ${String(size)}`;
    this.neverUnmapped.add(key, { device, form, dir, size }, size, place);
  }

  /** The capture is at its end. */
  finish(live: LiveMappings): void {
    this.log.finish();
    for (const mapping of live.all()) this.left(mapping);
  }

  private bounced(event: SwiotlbBounced): void {
    const { device, size, force: forced, line } = event;
    this.devices.of(device).bounces++;
    const key = `${device} ${String(size)} ${String(forced)}`;
    this.bounces.add(key, { device, size, forced }, size, { file: this.file, line });
  }

  private other(name: string, event: EventHead): void {
    this.otherEvents.add(name, name, 0, { file: this.file, line: event.line });
  }
}
