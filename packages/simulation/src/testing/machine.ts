// SPDX-License-Identifier: GPL-2.0-only
// A machine for the scenarios, with costs of the tests' own.

import { COSTS } from './run-jobs';
import type { ScenarioMachine } from '../scenarios';

export const MACHINE: ScenarioMachine = {
  preset: 'laptop-virtio',
  cost: COSTS,
  cpus: 4,
  layout: 'fresh',
  seed: 1,
  moveData: true,
};
