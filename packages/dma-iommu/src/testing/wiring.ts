// SPDX-License-Identifier: GPL-2.0-only
// Wired machines that are taken down and checked for leaks after each test, whatever test framework runs it.

import type { machine } from '@iommu-bounce/linux-shim';
import { type after_each, leak_checked } from '@iommu-bounce/linux-shim/testing';
import { type wire_options, wired } from './wired';

export interface wiring_room<O, W> {
  /** Boots a machine and wires it. */
  readonly wire: (options?: O) => W;
  /** Leaves a machine up and unchecked: it oopsed, or the test is about the leak. */
  readonly write_off: (w: W) => void;
}

/** Called inside `describe`: `const { wire } = wiring();`. Needs the framework's hook as leak_checked() does. */
export function wiring(after_each?: after_each): wiring_room<wire_options, wired> {
  return wiring_of((k, options?: wire_options) => new wired(k, options), after_each);
}

/** The same for a class over `wired`, such as one with a pool. */
export function wiring_of<O extends Pick<wire_options, 'machine'>, W extends wired>(
  make: (k: machine, options?: O) => W,
  after_each?: after_each,
): wiring_room<O, W> {
  const live = new Set<W>();
  const hook = after_each ?? (globalThis as { afterEach?: after_each }).afterEach;
  // Before the check for leaks, which throws where there is no hook.
  hook?.(function () {
    if (this.currentTest?.state !== 'failed') for (const w of live) w.end();
    live.clear();
  });
  const room = leak_checked({}, after_each);
  return {
    wire: (options) => {
      const w = make(room.boot_machine(options?.machine), options);
      live.add(w);
      return w;
    },
    write_off: (w) => {
      live.delete(w);
      room.write_off(w.k);
    },
  };
}
