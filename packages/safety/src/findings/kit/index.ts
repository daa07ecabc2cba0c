// SPDX-License-Identifier: GPL-2.0-only
// kit of scenarios: a machine with verbs, a run that notes what is seen, and words for bytes, addresses and lists.

export { Machine, type MachineOptions, type Setting } from './machine';
export { type Sight, Trial, oopsOf } from './trial';
export { VirtioMachine, type VirtioMachineOptions } from './virtio-machine';
export { hex, lists, runs, walk, yesNo } from './words';
