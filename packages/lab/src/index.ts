// SPDX-License-Identifier: GPL-2.0-only
// lab: the iommu-bounce command, and what it is made of.

export { run } from './cli'; // the command, with its output injected
export type { CommandIo, ExitStatus } from './io';
export { UsageError } from './errors';
export * from './trace'; // ftrace text as typed events
export * from './replay'; // a recorded machine's DMA through the ported kernel
export * from './report'; // what came of it, as tables and as a page
export * from './jobs'; // fio jobs and the memory of their buffers
export * from './cost'; // what steps cost, how often they are taken, and what follows
export * from './sim'; // virtual CPUs, locks and a drive around the ported code
export { pciDevice } from './pci-device'; // what is plugged in
export * from './policies'; // ways to protect memory from the drive
export * from './fio'; // jobs under policies, compared
export * from './fio-report'; // that as a page with charts
export * from './sensitivity'; // two policies, and which costs decide between them
export * from './scenarios'; // many devices, drivers that do not sync, a network card
