// SPDX-License-Identifier: GPL-2.0-only
// sim: virtual CPUs, locks and a drive around the ported code, which runs for every I/O and is charged for.

export * from './ledger'; // where the time goes
export * from './timeline'; // what a CPU does in one event, step by step
export * from './order'; // the steps of all CPUs, one after the other
export * from './virtual-lock'; // waiting for a lock in virtual time
export * from './meter'; // what each step of the ported code costs
export * from './machine-parts'; // the machine's parts that report to it
export * from './virtio-charges'; // what lies beyond the guest
export * from './bare-metal-charges'; // an IOMMU without a hypervisor
export * from './stale'; // mappings that outlive their unmap
export * from './slot-ages'; // contents that outlive it
export * from './occupancy'; // bounce memory over time
export * from './sim-device'; // a machine with a device to simulate on
export * from './nvme'; // the drive
export * from './cpu'; // a virtual CPU
export * from './job-run'; // a job under way
export * from './io-slot'; // an I/O under way
export * from './request-limits'; // how large a request can be
export * from './pieces'; // the memory of one, as it is mapped
export * from './split'; // an I/O as requests
export * from './device-data'; // its bytes
export * from './latencies'; // how long I/Os took
export * from './observer'; // what is seen of a run
export * from './io-events'; // what a CPU does for I/Os
export * from './engine'; // the closed loop
export * from './invariants'; // what must hold of every run
export * from './wrongs'; // what a run must not show
export { record } from './record'; // a figure for each of some names
export * from './measure'; // what it has shown
export * from './run'; // a whole run and its result
