// SPDX-License-Identifier: GPL-2.0-only
// What `fio --workload net-rx --json` prints; docs/json.md says more. Bytes and virtual nanoseconds.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import type { CostParameters, PresetName } from '../../cost';
import type { NicParameters } from './parameters';
import type { CauseName, Invariant, LockFigures, OccupancyCurve } from '../../sim';

export interface Percentiles {
  /** Half of them are no longer, ns. */
  readonly p50: number;
  /** 99 % of them are no longer, ns. */
  readonly p99: number;
  /** 99.9 % of them are no longer, ns. */
  readonly p999: number;
}

export interface NetPolicyRun {
  /** The way in which memory is protected. */
  readonly policy: string;
  /** Patches of the series that are applied. */
  readonly patches: 0 | 4;
  /** Set for a policy that 5.13 did not have: where its code was read. */
  readonly what_if: string | null;
  /** Fixes of findings that are on. */
  readonly fixes: readonly string[];
  /** Packets received and sent. */
  readonly packets: whole_number;
  /** Packets received. */
  readonly received: whole_number;
  /** Packets sent. */
  readonly sent: whole_number;
  /** Bytes on the wire, both ways. */
  readonly bytes: whole_number;
  /** Virtual nanoseconds until the last packet has gone. */
  readonly elapsed_ns: number;
  /** Packets per virtual second. */
  readonly packets_per_s: number;
  /** Bytes per virtual second. */
  readonly bandwidth_bytes_per_s: number;
  /** Nanoseconds of CPU time in maps, copies and waiting included. */
  readonly map_ns_per_packet: number;
  /** The same in unmaps. */
  readonly unmap_ns_per_packet: number;
  /** Requests to the IOMMU: of virtio-iommu, or calls of the driver on bare metal. */
  readonly iommu_requests: whole_number;
  /** Of these, maps. */
  readonly map_requests: whole_number;
  /** Of these, unmaps. */
  readonly unmap_requests: whole_number;
  /** Copies to and from bounce buffers. */
  readonly copies: whole_number;
  /** Bytes of these copies. */
  readonly copied_bytes: whole_number;
  /** Bytes of bounce buffers, at most. */
  readonly peak_bounce_bytes: whole_number;
  /** Bytes of bounce buffers, on average. */
  readonly mean_bounce_bytes: number;
  /** Bytes set aside for them at boot. */
  readonly reserved_bounce_bytes: whole_number;
  /** Bytes of bounce buffers over time. */
  readonly bounce_over_time: OccupancyCurve;
  /** The posted receive buffers, 256 of them, when the ring is first full. */
  readonly ring: {
    /** Buffers. */
    readonly buffers: whole_number;
    /** Bytes of these buffers. */
    readonly bytes: whole_number;
    /** Bytes of their bounce buffers. */
    readonly bounce_bytes: whole_number;
    /** Nanoseconds that one is posted: mapped, and its bounce buffer held. */
    readonly held_ns: Percentiles;
  };
  /** Nanoseconds from the packet's arrival in its buffer until the stack has it. */
  readonly rx_latency_ns: Percentiles;
  /** Nanoseconds from the beginning of sending until the packet is unmapped. */
  readonly tx_latency_ns: Percentiles;
  /** Nanoseconds of CPU time per packet. */
  readonly cpu_ns_per_packet: {
    /** All causes together. */
    readonly total: number;
    /** By what it is spent on. */
    readonly by_cause: Readonly<Record<CauseName, number>>;
  };
  /** Share of time in which the CPU is busy, 0 to 1. */
  readonly cpu_busy: number;
  /** The same of the wire, of its busier way. */
  readonly wire_busy: number;
  /** Interrupts taken. */
  readonly interrupts: whole_number;
  /** Locks that were taken. */
  readonly locks: readonly LockFigures[];
  /** Mappings served by the pool. */
  readonly pool_mappings: whole_number;
  /** The longest, in ns, that a page stayed reachable after its unmap, the idle end included; null: always. */
  readonly stale_max_ns: number | null;
  /** The same on average over all unmaps. */
  readonly stale_mean_ns: number | null;
  /** The longest while there was traffic: without what waited for a timer after it. */
  readonly stale_busy_max_ns: number | null;
  /** The same on average. */
  readonly stale_busy_mean_ns: number | null;
  /** The longest, in ns, that a device could read what was in a bounce buffer after its unmap. */
  readonly stale_contents_max_ns: number;
  /** What was found in the moved bytes; null: not moved. */
  readonly data: {
    /** Packets whose bytes were looked at. */
    readonly packets_checked: whole_number;
    /** Of these, packets with wrong bytes. */
    readonly packets_wrong: whole_number;
    /** Accesses without translation. */
    readonly faults: whole_number;
  } | null;
  /** What the machine still holds at the end: nothing, unless the simulation is wrong. */
  readonly leaks: readonly string[];
  /** Checked when the last packet has gone. */
  readonly invariants: readonly Invariant[];
}

export interface NetDocument {
  /** Received or sent. */
  readonly workload: 'net-rx' | 'net-tx';
  /** No figure in here was measured. */
  readonly simulated: true;
  /** The machine whose cost parameters were used, before any were changed. */
  readonly preset: PresetName;
  /** The cost parameters that were used. */
  readonly cost: CostParameters;
  /** The card's parameters. */
  readonly nic: NicParameters;
  /** Of everything random. */
  readonly seed: whole_number;
  /** False: copies were charged for and not done. */
  readonly data_moved: boolean;
  /** One for each policy. */
  readonly runs: readonly NetPolicyRun[];
}
