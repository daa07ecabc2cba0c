// SPDX-License-Identifier: GPL-2.0-only
// The steps that a seed makes, and lists that cannot be carried out.

import { expect } from 'chai';
import { BUFFERS, type Operation, checkOperations, generateOperations } from '@iommu-bounce/safety';
import { InputError } from '@iommu-bounce/simulation';

describe('generateOperations', () => {
  it('makes the same steps of the same seed, others of another, and gives back all that it maps', () => {
    const steps = generateOperations(3, 1000);
    expect(generateOperations(3, 1000)).to.deep.equal(steps);
    expect(generateOperations(4, 1000)).to.not.deep.equal(steps);
    checkOperations(steps);
    const count = (op: Operation['op']): number => steps.filter((step) => step.op === op).length;
    expect(count('map')).to.equal(count('unmap'));
    expect(count('alloc')).to.equal(count('free'));
  });

  it('has every kind of buffer and direction, short transfers and partial syncs', () => {
    const steps = generateOperations(1, 2000);
    const maps = steps.flatMap((step) => (step.op === 'map' ? [step] : []));
    expect([...new Set(maps.map(({ buffer }) => buffer))]).to.have.members([...BUFFERS]);
    expect([...new Set(maps.map(({ direction }) => direction))]).to.have.members([
      'to',
      'from',
      'both',
    ]);
    const bytesOf = new Map(maps.map(({ id, bytes }) => [id, bytes]));
    const isPart = (step: Operation): boolean =>
      'bytes' in step && step.bytes < (bytesOf.get(step.id) ?? 0);
    expect(steps.some((step) => step.op === 'transfer' && isPart(step))).to.equal(true);
    expect(steps.some((step) => step.op === 'sync_for_cpu' && isPart(step))).to.equal(true);
  });

  it('has drivers that look and give the buffer back, and drivers that look and unmap it', () => {
    const last = new Map<number, string>();
    const next = new Set<string>();
    for (const step of generateOperations(1, 2000)) {
      if (step.op === 'idle') continue;
      if (last.get(step.id) === 'sync_for_cpu') next.add(step.op);
      last.set(step.id, step.op);
    }
    expect([...next]).to.have.members(['sync_for_device', 'unmap']);
  });
});

describe('checkOperations', () => {
  const map = (change: object): Operation => ({
    ...{ op: 'map', id: 1, device: 0, buffer: 'disk', bytes: 4096, direction: 'to' },
    ...(change as Record<string, never>),
  });
  const cases: readonly (readonly [string, readonly Operation[]])[] = [
    ['operation 1 (unmap): expected the id of a mapping in force, got 1', [{ op: 'unmap', id: 1 }]],
    ['operation 2 (map): expected an id that is not in use, got 1', [map({}), map({})]],
    ['operation 1 (map): expected a device from 0 to 2, got 3', [map({ device: 3 })]],
    ['operation 1 (map): expected bytes from 1 to 65536, got 0', [map({ bytes: 0 })]],
    [
      'operation 1 (map): expected bytes from 1 to 896, got 4096',
      [map({ buffer: 'struct', bytes: 4096 })],
    ],
    [
      'operation 1 (map): expected a buffer that is disk, list, struct, packet, jumbo or kmalloc, got tape',
      [map({ buffer: 'tape' })],
    ],
    [
      'operation 1 (map): expected a direction that is to, from or both, got up',
      [map({ direction: 'up' })],
    ],
    [
      'operation 2 (transfer): expected bytes from 0 to 4096, got 4097',
      [map({}), { op: 'transfer', id: 1, bytes: 4097 }],
    ],
    [
      'operation 2 (sync_for_cpu): expected bytes from 1 to 96, got 97',
      [map({}), { op: 'sync_for_cpu', id: 1, offset: 4000, bytes: 97 }],
    ],
    [
      'operation 2 (free): expected the id of coherent memory, got 1',
      [map({}), { op: 'free', id: 1 }],
    ],
    [
      'operation 2 (unmap): expected the id of a mapping in force, got 1',
      [
        { op: 'alloc', id: 1, device: 0, bytes: 64 },
        { op: 'unmap', id: 1 },
      ],
    ],
    ['operation 1 (idle): expected nanoseconds from 0 to', [{ op: 'idle', ns: -1 }]],
    [
      'operation 1 (explode): expected op to be map, transfer,',
      [{ op: 'explode' } as unknown as Operation],
    ],
    ['operation 1: expected an object with op, got 7', [7 as unknown as Operation]],
  ];
  for (const [message, steps] of cases)
    it(`says ${message}`, () => {
      expect(() => {
        checkOperations(steps);
      }).to.throw(InputError, message);
    });
});
