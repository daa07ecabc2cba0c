// SPDX-License-Identifier: GPL-2.0-only
// captures: the calls of a recorded machine under any policy, in virtual time.

export * from './recorded-machine'; // the machine, booted under a policy
export * from './capture-device'; // its devices and domains
export * from './port-calls'; // recorded calls, made of the port
export * from './call-order'; // its CPUs
export { TIMINGS, ChargedCalls, type Timing } from './charged-calls'; // a call in virtual time
export { CaptureObserver } from './capture-observer'; // what is seen as it passes
export * from './capture-run'; // a capture under a policy
export * from './document'; // its figures
export { captureFigures } from './figures'; // from the run
