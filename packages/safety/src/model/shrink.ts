// SPDX-License-Identifier: GPL-2.0-only
// A failing run made small: as few commands as still fail, then as simple a machine. See Zeller, delta debugging (ddmin).

import type { ModelMachine } from './machine-kind';

/**
 * Leaves out commands, in halves, quarters, … and one by one, as long as what is left fails.
 * @param fails runs some of the commands
 */
export function fewest<T>(all: readonly T[], fails: (some: readonly T[]) => boolean): readonly T[] {
  let left = all;
  for (let size = Math.ceil(left.length / 2); size >= 1;) {
    let removed = false;
    for (let from = 0; from < left.length;) {
      const some = [...left.slice(0, from), ...left.slice(from + size)];
      if (some.length < left.length && fails(some)) {
        left = some;
        removed = true;
      } else from += size;
    }
    if (size === 1 && !removed) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
  return left;
}

/** Machines that are simpler in one way each. */
export function simpler(machine: ModelMachine): readonly ModelMachine[] {
  const { devices } = machine;
  return [
    ...(devices.length > 1 ? [{ ...machine, devices: devices.slice(0, -1) }] : []),
    ...(machine.cpus > 1 ? [{ ...machine, cpus: 1 }] : []),
    ...(machine.driver === 'table' ? [] : [{ ...machine, driver: 'table' as const }]),
    ...(machine.strict ? [] : [{ ...machine, strict: true }]),
    ...(machine.masks.length > 0 ? [{ ...machine, masks: [] }] : []),
    ...(machine.windows.length > 0 ? [{ ...machine, windows: [] }] : []),
    ...(machine.pageSizes.length > 1 ? [{ ...machine, pageSizes: [4096] }] : []),
    ...(machine.classSizes !== 1 ? [{ ...machine, classSizes: 1 }] : []),
    ...(machine.numSlots > 1 ? [{ ...machine, numSlots: machine.numSlots - 1 }] : []),
    ...devices.flatMap((device, i) =>
      device.untrusted || !device.coherent || device.maxSegSize !== 65_536
        ? [
            {
              ...machine,
              devices: devices.with(i, {
                ...device,
                untrusted: false,
                coherent: true,
                maxSegSize: 65_536,
              }),
            },
          ]
        : [],
    ),
  ];
}

/** The simplest machine that still fails. */
export function simplest(
  machine: ModelMachine,
  fails: (machine: ModelMachine) => boolean,
): ModelMachine {
  const next = simpler(machine).find(fails);
  return next ? simplest(next, fails) : machine;
}
