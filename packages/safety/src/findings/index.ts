// SPDX-License-Identifier: GPL-2.0-only
// findings: each finding of docs/findings.md as data, and as a scenario that shows it on a machine.

import { AROUND } from './around';
import { BROKEN_RULES } from './broken-rules';
import { DOUBLE_FETCH } from './double-fetch';
import type { Finding } from './finding';
import { HOT_UNPLUG } from './hot-unplug';
import { IOVA } from './iova';
import { LIMITS } from './limits';
import { PLATFORM } from './platform';
import { MEMORY } from './memory';
import { POOL } from './pool';
import { RACES } from './races';
import { SET_UP } from './set-up';
import { TABLES_AND_OFFSETS } from './tables-and-offsets';
import { UNTRUSTED } from './untrusted';
import { VIRTIO } from './virtio';
import { VIRTIO_PROPERTIES } from './virtio-properties';
import { WRONG_USE } from './wrong-use';

export * from './finding';
export { BY_READING } from './by-reading';
export {
  Trial,
  Machine,
  type MachineOptions,
  type Setting,
  type Sight,
  VirtioMachine,
  type VirtioMachineOptions,
} from './kit';
export { type Column, type Row, type ShownFinding, observe, showFinding } from './show';

/** By number. */
export const FINDINGS: readonly Finding[] = [
  ...POOL,
  ...UNTRUSTED,
  ...SET_UP,
  ...WRONG_USE,
  ...LIMITS,
  ...AROUND,
  ...IOVA,
  ...PLATFORM,
  ...VIRTIO,
  ...VIRTIO_PROPERTIES,
  ...MEMORY,
  ...RACES,
  ...TABLES_AND_OFFSETS,
  ...DOUBLE_FETCH,
  ...HOT_UNPLUG,
  ...BROKEN_RULES,
].sort((a, b) => a.id - b.id);
