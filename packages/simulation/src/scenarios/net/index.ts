// SPDX-License-Identifier: GPL-2.0-only
// net: the traffic of a network card through the policies.

export * from './document'; // what comes of it
export * from './parameters'; // the card in numbers
export * from './nic'; // in virtual time
export * from './packet-data'; // its bytes
export * from './mapped-ring'; // what the card's rings hold
export * from './run'; // under one policy
export * from './experiment'; // under several
