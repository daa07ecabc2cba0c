// SPDX-License-Identifier: GPL-2.0-only
// What `protection --json` prints; docs/protection.md says more.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import type { CostParameters, Invariant, PresetName } from '@iommu-bounce/simulation';
import type { Cell, Exposed } from '../oracle/cells';
import type { Content } from '../oracle/kinds';
import type { ColumnName, SubPageType } from './columns';

/** Reads of one size under the policy, simulated as `fio` does. */
export interface Speed {
  /** Bytes of a read. */
  readonly bs: whole_number;
  /** Throughput. */
  readonly bandwidth_bytes_per_s: number;
  /** That by the bandwidth of the policy `none`, which is run for this; null where that is 0. */
  readonly of_none: number | null;
}

/** What a device can do in one way. */
export interface ReadAndWrite {
  readonly read: Exposed;
  readonly write: Exposed;
}

/** The three attributes of the EuroSys 2021 paper that together let a device inject code. */
export interface AttackAttributes {
  /** Bytes that hold kernel pointers and can be read: metadata of all three kinds. */
  readonly kernel_addresses: Exposed;
  /** Bytes that hold callbacks and can be written: the same. */
  readonly callbacks: Exposed;
  /** Virtual nanoseconds: the longest time for which one of these bytes could be written without a break. */
  readonly window_ns: number;
}

export interface ChangedBytes {
  /** What the caller has now in place of its own bytes. */
  readonly content: Content;
  /** How many. */
  readonly bytes: whole_number;
}

/** What the callers of the DMA API find in their buffers after the unmap. */
export interface CallerFigures {
  /** Bytes beyond what the device wrote, of buffers that it was to write. */
  readonly short_bytes: whole_number;
  /** Of these, and of buffers that the device only reads, bytes that are not what the caller had there. */
  readonly changed_bytes: whole_number;
  /** The same by what they are now. */
  readonly changed_by_content: readonly ChangedBytes[];
  /** Bytes that one side wrote and the other did not find: 0, or the policy loses data. */
  readonly lost_bytes: whole_number;
}

export interface ProtectionRow {
  /** The way in which memory is protected. */
  readonly policy: string;
  /** Patches of the series that are applied. */
  readonly patches: 0 | 4;
  /** Fixes of findings that are on. */
  readonly fixes: readonly string[];
  /** Set for a policy that 5.13 did not have: where its code was read. */
  readonly what_if: string | null;
  /** One for each size of reads. */
  readonly speed: readonly Speed[];
  /** Virtual nanoseconds that the operations took, the time until all queues and pools had let go included. */
  readonly virtual_ns: number;
  /** Mappings that were made, coherent memory included. */
  readonly mappings: whole_number;
  /** Calls that could not map. */
  readonly failed_calls: whole_number;
  /** Bytes of all mappings: the denominator of bytes. */
  readonly mapped_bytes: whole_number;
  /** The same times the nanoseconds for which each was in force: the denominator of byte_ns. */
  readonly mapped_byte_ns: number;
  /** By column of the table. */
  readonly columns: Readonly<Record<ColumnName, Exposed>>;
  /** By type of sub-page exposure, as the EuroSys 2021 paper has them; null without an IOMMU. */
  readonly sub_page: Readonly<Record<SubPageType, ReadAndWrite>> | null;
  /** What code injection needs, as the same paper has it. */
  readonly attributes: AttackAttributes;
  /** What callers get back. */
  readonly caller: CallerFigures;
  /** The matrix that all of these are sums of; cells without bytes are left out. */
  readonly cells: readonly Cell[];
  /** What was checked of the run. */
  readonly invariants: readonly Invariant[];
  /** What was left at the end; empty: nothing. */
  readonly leaks: readonly string[];
}

export interface ProtectionMachine {
  /** The machine whose cost parameters were used. */
  readonly preset: PresetName;
  /** The cost parameters that were used. */
  readonly cost: CostParameters;
  /** One for each policy. */
  readonly rows: readonly ProtectionRow[];
}

export interface ProtectionDocument {
  /** All figures are simulated. */
  readonly simulated: true;
  /** Of everything random. */
  readonly seed: whole_number;
  /** Steps of drivers and devices: the same under each policy. */
  readonly operations: whole_number;
  /** Bytes of memory of drivers and their neighbours that are watched. */
  readonly watched_bytes: whole_number;
  /** I/Os of each run that gives a speed; 0: there are none. */
  readonly speed_ios: whole_number;
  /** One for each preset. */
  readonly machines: readonly ProtectionMachine[];
}
