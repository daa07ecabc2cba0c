// SPDX-License-Identifier: GPL-2.0-only
// Cells of the report's tables: a number rounded for reading, with all of its digits beside it.

import * as format from '../../show/format';
import { Html, html } from '../../show/html';
import type { Key } from './view';

/** A number as it is in the JSON, shown as `text`. */
export function cell(value: number, text: string): Html {
  return html`<data value="${value}">${text}</data>`;
}

export function whole(value: number): Html {
  return cell(value, format.count(Math.round(value)));
}

export function fixed(value: number, digits: number): Html {
  return cell(value, value.toFixed(digits));
}

export function times(ratio: number, digits: number): Html {
  return cell(ratio, format.times(ratio, digits));
}

/** Nanoseconds, shown as microseconds. */
export function micros(ns: number): Html {
  return cell(ns, format.micros(ns));
}

/** A fraction, shown in percent. */
export function percent(fraction: number, digits = 1): Html {
  return cell(fraction, format.percent(fraction, digits));
}

/** Bytes, shown as KiB. */
export function kib(bytes: number): Html {
  return cell(bytes, format.count(Math.round(bytes / 1024)));
}

/** What the row of a table goes away with. */
export function rowKey({ policy, group }: Key): Html {
  return html`${policy === null ? html`` : html` data-policy="${policy}"`}${group === null ? html`` : html` data-group="${group}"`}`;
}
