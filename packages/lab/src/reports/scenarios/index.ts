// SPDX-License-Identifier: GPL-2.0-only
// Scenarios and network traffic as pages: what the terminal shows, with charts and what the words mean.

export { type PartsReport, type Word, partsReport, tableLinks, tablesOf } from './parts-report'; // the page
export { devicesReport } from './devices-report'; // many devices
export { nosyncReport } from './nosync-report'; // drivers that do not sync
export { comparisonReport } from './compare-report'; // policies on several machines
export { netReport } from './net-report'; // a network card
