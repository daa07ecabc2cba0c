// SPDX-License-Identifier: GPL-2.0-only
// captures: the calls of a recorded machine under any policy, in virtual time.

export {
  type RecordedDevice,
  groupMate,
  raiseSegmentSize,
  recordedPageSizes,
  recordedPciDevice,
} from './recorded-device'; // a device, plugged in
export {
  type DomainListener,
  RecordedMachine,
  type RecordedMachineFacts,
} from './recorded-machine'; // the machine, booted under a policy
export { type CallCounts, addCallCounts, noCallCounts } from './call-counts'; // what a replay counts, too
export {
  type CaptureCounts,
  type CaptureDevice,
  type CaptureDomain,
  addCaptureCounts,
} from './capture-device'; // and what a policy adds to it
export { enterContext, leaveContext } from './call-context'; // task or interrupt
export { type Held, PortCalls } from './port-calls'; // recorded calls, made of the port
export { CallOrder, type TimedMachine } from './call-order'; // the CPUs of a run
export { type ChargedCalls, TIMINGS, type Timing } from './charged-calls'; // a call in virtual time
export type { CaptureObserver } from './capture-observer'; // what is seen as it passes
export { CaptureRun, type CaptureRunOptions } from './capture-run'; // a capture under a policy
export type * from './document'; // its figures
export { captureFigures } from './figures'; // from the run
