// SPDX-License-Identifier: GPL-2.0-only
// fio-report: an experiment as a page with charts.

export { type FioReport, fioPage, fioReport } from './fio-report'; // the page
export type { ChartView, SeriesView } from './view'; // what its script draws
