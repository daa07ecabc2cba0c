// SPDX-License-Identifier: GPL-2.0-only
// Every allocation, mapping, address, request, pin and workqueue fails once, and every two of them.

export type { Fault, HappenedFault } from './fault';
export {
  FAULT_MACHINES,
  type FaultFailure,
  type FaultOptions,
  type FaultsDocument,
  injectFaults,
} from './inject';
export { FAULT_SCENARIOS, type FaultMachine, type FaultScenario } from './scenarios';
export { type Entry, FaultBench, Wrong } from './bench';
