// SPDX-License-Identifier: GPL-2.0-only
// policies: how a machine is booted to protect its memory, and what it takes.

export * from './policy'; // their names
export * from './plan'; // what they are made of
export * from './base'; // the kernel that they run on
export * from '../fixes'; // of findings
export * from './pci-devices'; // what drivers set
export * from './boot-machine'; // a machine to plug it into
export * from './boot-device'; // a machine with one device
export * from './run-policy'; // jobs on a machine of their own
export * from './pool-view'; // the pool's addresses
export * from './iova-view'; // those of the allocator
