// SPDX-License-Identifier: GPL-2.0-only
// What a run of the oracle has shown, as a row of the table, and what must hold of the run.

import {
  type Invariant,
  type Platform,
  type Policy,
  atMost,
  equal,
  same,
} from '@iommu-bounce/simulation';
import { type Cell, cellsOf, addUp } from '../oracle/cells';
import { CONTENTS } from '../oracle/kinds';
import type { OracleRun } from '../oracle/oracle-run';
import { COLUMNS, COLUMN_RULES, SUB_PAGE_TYPES, columnOf, subPage } from './columns';
import type { AttackAttributes, CallerFigures, ProtectionRow } from './document';

/** @param run that is finished */
export function rowOf(run: OracleRun, policy: Policy, platform: Platform): ProtectionRow {
  const cells = cellsOf(run.domains);
  return {
    policy: policy.name,
    patches: policy.patches,
    fixes: policy.fixes,
    what_if: policy.whatIf(platform),
    speed: [],
    virtual_ns: run.now,
    mappings: run.mappings,
    failed_calls: run.failed,
    mapped_bytes: run.mappedBytes,
    mapped_byte_ns: run.mappedByteNs,
    columns: record(COLUMNS, (name) => columnOf(cells, COLUMN_RULES[name])),
    sub_page: policy.plan.translated
      ? record(SUB_PAGE_TYPES, (type) => ({
          read: subPage(cells, type, 'read'),
          write: subPage(cells, type, 'write'),
        }))
      : null,
    attributes: attributesOf(cells),
    caller: callerOf(run),
    cells,
    invariants: invariantsOf(run, cells),
    leaks: run.leaks,
  };
}

function attributesOf(cells: readonly Cell[]): AttackAttributes {
  const callbacks = columnOf(cells, COLUMN_RULES.write_metadata);
  return {
    kernel_addresses: columnOf(cells, COLUMN_RULES.read_metadata),
    callbacks,
    window_ns: callbacks.longest_ns,
  };
}

function callerOf({ caller }: OracleRun): CallerFigures {
  const all = CONTENTS.map((content, i) => ({ content, bytes: caller.stale[i] as number }));
  return {
    short_bytes: caller.shortBytes,
    changed_bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    changed_by_content: all.filter(({ bytes }) => bytes > 0),
    lost_bytes: caller.lostBytes,
  };
}

/** What must hold of every run, whatever the policy. */
function invariantsOf(run: OracleRun, cells: readonly Cell[]): Invariant[] {
  const { shadow, machine, probes, domains, caller } = run;
  const ram = shadow.compare(machine.memory.ram);
  const all = domains.flatMap(({ reads, writes }) => [reads, writes]);
  return [
    same('bytes of RAM that differ from the shadow', ram.wrong, 0),
    same('accesses that the IOMMU answers otherwise than the shadow', probes.wrong, 0),
    same('accesses of mappings that found no translation', caller.faults, 0),
    same(
      'bytes still exposed at the end',
      all.reduce((sum, one) => sum + one.now(), 0),
      0,
    ),
    equal(
      "exposed bytes by Little's law, byte ns",
      all.reduce((sum, { area }) => sum + area, 0),
      addUp(cells).byte_ns,
    ),
    atMost('bytes lost, of those checked', caller.lostBytes, caller.checkedBytes),
    same('lines of what is left', run.leaks.length, 0),
  ];
}

function record<Name extends string, V>(
  names: readonly Name[],
  of: (name: Name) => V,
): Record<Name, V> {
  return Object.fromEntries(names.map((name) => [name, of(name)])) as Record<Name, V>;
}
