// SPDX-License-Identifier: GPL-2.0-only
// fio-report: an experiment as a page with charts.

export { type FioReport, fioPage, fioReport } from './fio-report'; // the page
export { BreakEvenModels } from './breakeven'; // shared by the reports of one run
export type {
  ChartView,
  Figure,
  Key,
  LineView,
  Mark,
  SeriesView,
  Switch,
  Tick,
} from '../charts/view'; // what its script draws
