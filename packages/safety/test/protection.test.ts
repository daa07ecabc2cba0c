// SPDX-License-Identifier: GPL-2.0-only
// The table: what holds under every policy, and that its figures are made of its matrix.

import { expect } from 'chai';
import {
  COLUMNS,
  COLUMN_RULES,
  OracleRun,
  type ProtectionRow,
  columnOf,
  generateOperations,
  protectionOf,
  protectionPolicies,
  rowOf,
} from '@iommu-bounce/safety';
import { type PresetName, preset, presetInfo } from '@iommu-bounce/simulation';
import { policyNamed, start } from './oracle/scenario';

/** All that there usually are: lab's protection.test.ts, beside the tables of docs/protection.md. */
const OPERATIONS = 400;

function broken({ invariants, leaks }: ProtectionRow): unknown[] {
  return [...invariants.filter(({ holds }) => !holds), ...leaks];
}

describe('protectionOf', () => {
  for (const name of ['laptop-virtio', 'bare-metal-vtd'] as const)
    for (const policy of protectionPolicies()) {
      const title = [policy.name, ...policy.fixes].join(' ');
      it(`accounts for every byte of ${title} on ${name}`, () => {
        const { machines } = protectionOf({
          ...{ policies: [policy], presets: [name], operations: OPERATIONS, speedIos: 0 },
        });
        const [row] = machines[0]?.rows ?? [];
        if (!row) throw new Error('no row');
        expect(broken(row)).to.deep.equal([]);
        expect(row.caller.lost_bytes).to.equal(0);
        expect(row.failed_calls).to.equal(0);
        expect(row.mapped_bytes).to.be.greaterThan(0);
      });
    }

  const small = { operations: 300, seed: 5, presets: ['laptop-virtio'] as PresetName[] };

  it('gives the same bytes for the same seed, and the same operations to each policy', () => {
    const options = {
      ...small,
      policies: [policyNamed('strict'), policyNamed('pool')],
      speedIos: 0,
    };
    const document = protectionOf(options);
    expect(JSON.stringify(protectionOf(options))).to.equal(JSON.stringify(document));
    const [strict, pool] = document.machines[0]?.rows ?? [];
    expect(strict?.mapped_bytes).to.equal(pool?.mapped_bytes);
    expect(strict?.mappings).to.equal(pool?.mappings);
    expect(protectionOf({ ...options, seed: 6 })).to.not.deep.equal(document);
  });

  it('takes a list of operations in place of a seed', () => {
    const steps = generateOperations(small.seed, small.operations);
    const options = { ...small, policies: [policyNamed('lazy')], speedIos: 0 };
    expect(protectionOf({ ...options, operations: steps }).machines).to.deep.equal(
      protectionOf(options).machines,
    );
  });

  it('adds each column up from the matrix', () => {
    const { machines } = protectionOf({ ...small, policies: [policyNamed('lazy')], speedIos: 0 });
    const [row] = machines[0]?.rows ?? [];
    if (!row) throw new Error('no row');
    for (const name of COLUMNS)
      expect(row.columns[name], name).to.deep.equal(columnOf(row.cells, COLUMN_RULES[name]));
    const outside = row.columns.read_outside.bytes;
    const { read_page, read_slot, read_after_unmap, read_any } = row.columns;
    expect(read_page.bytes + read_slot.bytes + read_after_unmap.bytes + read_any.bytes).to.equal(
      outside,
    );
  });

  it('sets speeds beside that without protection', () => {
    const { machines } = protectionOf({
      ...{ ...small, operations: 20, policies: ['none', 'strict'].map(policyNamed), speedIos: 500 },
    });
    const [none, strict] = machines[0]?.rows ?? [];
    expect(none?.speed.map(({ of_none: share }) => share)).to.deep.equal([1, 1]);
    for (const { of_none: share } of strict?.speed ?? []) expect(share).to.be.within(0.01, 0.99);
    expect(strict?.speed.map(({ bs }) => bs)).to.deep.equal([4096, 65536]);
  });
});

describe('the invariants of a run', () => {
  const on = { iommu: presetInfo('laptop-virtio').iommu, cost: preset('laptop-virtio') };

  function rowAfter(change: (run: OracleRun) => void): ProtectionRow {
    const run = start('pool');
    run.run(generateOperations(1, 60));
    change(run);
    run.finish();
    return rowOf(run, policyNamed('pool'), on);
  }

  function names(row: ProtectionRow): string[] {
    return row.invariants.filter(({ holds }) => !holds).map(({ name }) => name);
  }

  it('hold where nothing is wrong', () => {
    expect(broken(rowAfter(() => undefined))).to.deep.equal([]);
  });

  it('find a byte that changes behind the back of the shadow', () => {
    const row = rowAfter(({ machine: { memory, recorded } }) => {
      const at = recorded.machine.k.reserved_pfn * 4096 + 5;
      memory.ram[at] = (memory.ram[at] ?? 0) ^ 1;
    });
    expect(names(row)).to.deep.equal(['bytes of RAM that differ from the shadow']);
  });

  it('find a copy that nobody told the shadow of', () => {
    const row = rowAfter((run) => {
      run.machine.memory.shadow = null;
      run.run([
        { op: 'map', id: 1e6, device: 0, buffer: 'disk', bytes: 4096, direction: 'to' },
        { op: 'transfer', id: 1e6, bytes: 4096 },
      ]);
    });
    expect(names(row)).to.include('bytes of RAM that differ from the shadow');
    expect(row.caller.lost_bytes).to.be.greaterThan(0);
  });

  it('find a translation that the shadow does not know', () => {
    const row = rowAfter((run) => {
      // Nobody tells of what is mapped from now on.
      run.machine.recorded.machine.meter.core = null;
      run.run(
        generateOperations(2, 200).map((step) =>
          'id' in step ? { ...step, id: step.id + 1e6 } : step,
        ),
      );
    });
    expect(names(row)).to.include('accesses that the IOMMU answers otherwise than the shadow');
  });
});
