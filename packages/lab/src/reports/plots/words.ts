// SPDX-License-Identifier: GPL-2.0-only
// Values and times of a plot as text: on its axes, in its table, and as they are read out.

import { count, decimalSize, significant } from '../../show/format';
import type { PlotSeries, PlotView } from './view';

const NS_PER_S = 1e9;

export interface TimeUnit {
  readonly name: 'µs' | 'ms' | 's';
  readonly ns: number;
}

/** What a plot of this length counts time in. */
export function timeUnit(lengthNs: number): TimeUnit {
  if (lengthNs < 2e6) return { name: 'µs', ns: 1000 };
  return lengthNs < 2e9 ? { name: 'ms', ns: 1e6 } : { name: 's', ns: NS_PER_S };
}

/** A time since the first event, as exact as the bins are: `1.25 s`. */
export function timeText(ns: number, widthNs: number, unit: TimeUnit): string {
  const decimals = Math.max(0, Math.ceil(-Math.log10(widthNs / unit.ns) - 1e-9));
  const [whole = '', rest] = (ns / unit.ns).toFixed(decimals).split('.');
  return `${count(Number(whole))}${rest === undefined ? '' : `.${rest}`} ${unit.name}`;
}

/** What a value of a bin is, in the plot's unit. */
export function valueOf({ unit, widthNs }: PlotView, value: number): number {
  return unit === 'rate' ? (value * NS_PER_S) / widthNs : value;
}

/** A value of a bin, with its unit: `1,250 requests/s`, `4.0 KiB`. */
export function valueText(view: PlotView, value: number): string {
  const { unit, noun } = view;
  if (unit === 'bytes') return value === 0 ? '0' : decimalSize(value);
  const text = numberText(valueOf(view, value));
  if (unit === 'rate') return `${text} ${noun}/s`;
  return `${text} ${text === '1' ? noun.replace(/s$/, '') : noun}`;
}

/** The same without its noun, for a cell under a head that has it. */
export function bareText(view: PlotView, value: number): string {
  return view.unit === 'bytes' ? valueText(view, value) : numberText(valueOf(view, value));
}

function numberText(n: number): string {
  return n > 0 && n < 100 && !Number.isInteger(n) ? significant(n, 2) : count(Math.round(n));
}

/** A value of an axis, already in the plot's unit: `12 k`, `1.5 MiB`. */
export function axisText({ unit }: Pick<PlotView, 'unit'>, value: number): string {
  if (unit === 'bytes') {
    const step = value < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(value) / 10));
    const text = significant(value / 1024 ** step, 4);
    return value === 0 ? '0' : `${text} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][step] ?? ''}`;
  }
  if (value >= 1e6) return `${significant(value / 1e6, 3)} M`;
  if (value >= 1e4) return `${significant(value / 1e3, 3)} k`;
  return value >= 1000 ? count(value) : significant(value, 3);
}

/** A bin as it is read out. */
export function spokenText(view: PlotView, bin: number): string {
  const values = view.series.map((one) => `${one.name}: ${binText(view, one, bin)}`).join('; ');
  return `${binName(view, bin)}: ${values}`;
}

export function binName(
  { kind, labels, labelTitle, series, widthNs }: PlotView,
  bin: number,
): string {
  if (kind === 'histogram') return `${labelTitle} ${labels[bin] ?? ''}`;
  const bins = series[0]?.values.length ?? 0;
  return timeText(bin * widthNs, widthNs, timeUnit(bins * widthNs));
}

function binText(view: PlotView, { values, least }: PlotSeries, bin: number): string {
  const most = values[bin] ?? 0;
  const from = least[bin] ?? most;
  return from === most
    ? valueText(view, most)
    : `${valueText(view, from)} to ${valueText(view, most)}`;
}
