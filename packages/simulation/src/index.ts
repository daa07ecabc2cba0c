// SPDX-License-Identifier: GPL-2.0-only
// simulation: fio and a network card in virtual time around the ported code, under every policy, charged by a cost model.

export { InputError } from './errors'; // what was asked for cannot be
export * from './cost'; // what each step costs, how often it is taken, and the calibration
export * from './jobs'; // fio jobs, the memory of their buffers, a network card's traffic
export * from './sim'; // virtual CPUs, locks and a drive around the ported code
export * from './policies'; // ways to protect memory from a device
export * from './what-ifs'; // what later kernels do differently
export * from './fio'; // jobs under policies, side by side
export * from './scenarios'; // many devices, drivers that do not sync, a network card
export * from './captures'; // recorded calls under every policy
export * from './sensitivity'; // policies compared, and which costs decide between two
export * from './advise'; // what sizes a recorded load needs
