// SPDX-License-Identifier: GPL-2.0-only
// What `fio --workload net-rx --json` prints; docs/scenarios.schema.json describes it. Bytes and virtual nanoseconds.

import type { CauseName, Invariant, LockFigures, OccupancyCurve } from '../../sim';

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

export interface NetPolicyRun {
  readonly policy: string;
  readonly patches: number;
  readonly what_if: string | null;
  readonly fixes: readonly string[];
  readonly packets: number;
  readonly received: number;
  readonly sent: number;
  readonly bytes: number;
  readonly elapsed_ns: number;
  readonly packets_per_s: number;
  readonly bandwidth_bytes_per_s: number;
  readonly map_ns_per_packet: number;
  readonly unmap_ns_per_packet: number;
  readonly iommu_requests: number;
  readonly map_requests: number;
  readonly unmap_requests: number;
  readonly copies: number;
  readonly copied_bytes: number;
  readonly peak_bounce_bytes: number;
  readonly mean_bounce_bytes: number;
  readonly reserved_bounce_bytes: number;
  readonly bounce_over_time: OccupancyCurve;
  /** The posted receive buffers, 256 of them, when the ring is first full. */
  readonly ring: {
    readonly buffers: number;
    readonly bytes: number;
    readonly bounce_bytes: number;
    /** How long one is posted: mapped, and its bounce buffer held. */
    readonly held_ns: Percentiles;
  };
  /** From the packet's arrival in its buffer until the stack has it. */
  readonly rx_latency_ns: Percentiles;
  /** From the beginning of sending until the packet is unmapped. */
  readonly tx_latency_ns: Percentiles;
  readonly cpu_ns_per_packet: {
    readonly total: number;
    readonly by_cause: Readonly<Record<CauseName, number>>;
  };
  /** Of one CPU, and of the wire of the busier way: 0 to 1. */
  readonly cpu_busy: number;
  readonly wire_busy: number;
  readonly interrupts: number;
  readonly locks: readonly LockFigures[];
  readonly pool_mappings: number;
  /** The longest that a page stayed reachable after its unmap, the idle end included; null: always. */
  readonly stale_max_ns: number | null;
  readonly stale_mean_ns: number | null;
  /** The same while there was traffic: without what waited for a timer behind it. */
  readonly stale_busy_max_ns: number | null;
  readonly stale_busy_mean_ns: number | null;
  readonly stale_contents_max_ns: number;
  readonly data: {
    readonly packets_checked: number;
    readonly packets_wrong: number;
    readonly faults: number;
  } | null;
  readonly leaks: readonly string[];
  /** Checked when the last packet has gone. */
  readonly invariants: readonly Invariant[];
}

export interface NetDocument {
  readonly workload: 'net-rx' | 'net-tx';
  readonly simulated: true;
  readonly preset: string;
  readonly cost: Readonly<Record<string, number>>;
  /** The card's parameters. */
  readonly nic: Readonly<Record<string, number>>;
  readonly seed: number;
  readonly data_moved: boolean;
  readonly runs: readonly NetPolicyRun[];
}
