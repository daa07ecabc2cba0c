// SPDX-License-Identifier: GPL-2.0-only
// What loads without the machines and searches: names and usual values, for options and tables.

export { SEVERITIES, withoutFix } from './findings/finding';
export { SUB_PAGE_TYPES } from './protection/columns';
export {
  MOST_OPERATIONS,
  USUAL_OPERATIONS,
  USUAL_PRESETS,
  USUAL_SPEED_IOS,
} from './protection/usual';
