// SPDX-License-Identifier: GPL-2.0-only
// scenarios: what fio's closed loop does not show: many devices, drivers that do not sync, a network card.

export * from './machine'; // what all of them run on
export * from './devices'; // many, most of them idle
export * from './nosync'; // drivers that do not sync
export * from './net'; // packets in place of I/Os
