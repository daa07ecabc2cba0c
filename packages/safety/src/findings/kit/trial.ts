// SPDX-License-Identifier: GPL-2.0-only
// One run of a scenario: what is seen at each place, and whether that is the finding.

import { oops } from '@iommu-bounce/linux-shim';
import { Machine, type MachineOptions, type Setting } from './machine';
import { VirtioMachine, type VirtioMachineOptions } from './virtio-machine';

/** What was seen at one place. */
export interface Sight {
  readonly what: string;
  readonly value: string;
  /** Whether this is what the finding is about. */
  readonly wrong: boolean;
}

export class Trial {
  readonly sights: Sight[] = [];

  constructor(readonly setting: Setting) {}

  /** Boots a machine of this column. */
  machine(options: MachineOptions = {}): Machine {
    return new Machine(this.setting, options);
  }

  /** Boots a guest of this column, on virtio-iommu. */
  guest(options: VirtioMachineOptions = {}): VirtioMachine {
    return new VirtioMachine(this.setting, options);
  }

  /** Notes what is seen; `wrong` is computed from the machine, never constant. */
  see(what: string, value: string | number, wrong = false): void {
    this.sights.push({ what, value: String(value), wrong });
  }

  /** Makes a call that may kill the machine, and notes how it ends; true if it did. */
  dies(what: string, call: () => void): boolean {
    const died = oopsOf(call);
    this.see(what, died === null ? 'returns' : died.message, died !== null);
    return died !== null;
  }
}

/** The oops that a call ends with, or null. */
export function oopsOf(call: () => void): oops | null {
  try {
    call();
    return null;
  } catch (error) {
    if (error instanceof oops) return error;
    throw error;
  }
}
