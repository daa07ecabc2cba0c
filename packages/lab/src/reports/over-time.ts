// SPDX-License-Identifier: GPL-2.0-only
// What a capture and its replay do over time, as sections of a page: plots of all devices together, and a row for each one.

import type { DeviceOverTime, HistogramFigures, OverTimeFigures, StateOverTime } from '../compare';
import { count, memory, plural, time } from '../show/format';
import { type Html, html, htmlTable } from '../show/html';
import { type Section, linkName } from '../show/sections';
import { sum } from '../show/sum';
import { stateName } from '../tables/replay-figures';
import { directionColour } from './charts/colours';
import { joinedTo, plotFigure, plotKeys, plotRow } from './plots/figure';
import { type PlotColour, type PlotView, histogramView, plotSeries, timeView } from './plots/view';
import { axisText } from './plots/words';

/** Of a small plot. */
const FEW_BINS = 512;

export interface OverTimeParts {
  readonly sections: readonly Section[];
  /** All that the page's script is to draw. */
  readonly views: readonly PlotView[];
}

/**
 * @param id what the ids of its plots begin with
 * @param stepsBack of the clock
 */
export function overTimeParts(
  boots: readonly OverTimeFigures[],
  id: string,
  stepsBack = 0,
): OverTimeParts {
  const drawn = boots.filter(({ devices }) => devices.length > 0);
  const parts = drawn.map((boot, i) => bootParts(boot, `${id}${String(i)}`));
  if (parts.length === 0) return { sections: [], views: [] };
  const names = (i: number): Html =>
    drawn.length > 1
      ? html`<p class="caption">
          ${(drawn[i]?.files ?? []).map((file) => html`<code>${file}</code> `)}
        </p>`
      : html``;
  const sections: Section[] = [
    {
      id: 'over-time',
      title: 'Over time',
      body: html`${plotKeys()} ${stepped(stepsBack)}
      ${parts.map(({ all }, i) => html`${names(i)} ${legend(drawn[i] as OverTimeFigures)} ${all.map(plotFigure)}`)}`,
    },
    {
      id: 'over-time-devices',
      title: 'Over time, by device',
      body: html`${parts.map(
        ({ devices }, i) =>
          html`${names(i)} ${deviceTable(drawn[i] as OverTimeFigures)}
          ${devices.map(
            (own) =>
              html`<h3>${own.name}</h3>
                <p>${own.medians}</p>
                ${plotRow(own.views, own.name)}`,
          )}`,
      )}`,
    },
  ];
  const views = parts.flatMap(({ all, devices }) => [
    ...all,
    ...devices.flatMap((one) => one.views),
  ]);
  return { sections, views };
}

function stepped(back: number): Html {
  return back === 0
    ? html``
    : html`<p>
        The clock of the capture steps back ${plural(back, 'time')}: plots show each event at its
        own time, so what came later can stand before what it changed.
      </p>`;
}

interface DeviceParts {
  readonly name: string;
  /** Its sizes and lifetimes in words; empty without any. */
  readonly medians: string;
  readonly views: readonly PlotView[];
}

interface BootParts {
  readonly all: readonly PlotView[];
  readonly devices: readonly DeviceParts[];
}

function bootParts(boot: OverTimeFigures, id: string): BootParts {
  const devices = boot.devices.map((device) => ({
    name: nameOf(device),
    medians: mediansOf(device),
    views: deviceViews(device, boot.width_ns, id),
  }));
  return { all: allViews(boot, id), devices };
}

function legend({ width_ns: width, states }: OverTimeFigures): Html {
  const names = states.map(({ patches }) => stateName(patches)).join(', ');
  return html`<p>
    In bins of ${time(width)}. Recorded are the capture's iommu:map and iommu:unmap events and what
    its calls mapped; a replay by the port shows the requests and the bounce memory of: ${names}. A
    level is drawn from its lowest to its highest in each bin.
  </p>`;
}

interface Drawn {
  readonly id: string;
  readonly group: string;
  readonly widthNs: number;
  readonly small: boolean;
}

function allViews(boot: OverTimeFigures, id: string): PlotView[] {
  const of: Drawn = { id: `plot-${id}`, group: id, widthNs: boot.width_ns, small: false };
  return [
    requestsView(of, 'Requests to the IOMMU per second', boot.states, boot.recorded),
    ...levelViews(of, boot),
  ];
}

function deviceViews(device: DeviceOverTime, widthNs: number, group: string): PlotView[] {
  const id = `plot-${group}-${device.device === null ? 'others' : `of-${linkName(device.device)}`}`;
  const of: Drawn = { id, group, widthNs, small: true };
  return [
    ...[requestsView(of, 'Requests per second', device.states, []), ...levelViews(of, device)].map(
      (view) => joinedTo(view, FEW_BINS),
    ),
    histogram(`${id}-sizes`, 'Sizes of mappings', 'size up to', device.sizes, bytesText),
    histogram(`${id}-lifetimes`, 'From map to unmap', 'time up to', device.lifetimes, shortTime),
  ];
}

function requestsView(
  { id, ...of }: Drawn,
  title: string,
  states: readonly StateOverTime[],
  recorded: readonly number[],
): PlotView {
  const ran = states.map(({ patches, requests }) =>
    plotSeries(stateName(patches), stateColour(patches), requests),
  );
  const series = recorded.some((n) => n > 0)
    ? [plotSeries('recorded', '--faint', recorded), ...ran]
    : ran;
  return timeView({ ...of, id: `${id}-requests`, title, unit: 'rate', noun: 'requests', series });
}

function levelViews(
  { id, ...of }: Drawn,
  { mappings, bytes, states }: Pick<OverTimeFigures, 'mappings' | 'bytes' | 'states'>,
): PlotView[] {
  const recorded = (levels: OverTimeFigures['bytes']): PlotView['series'] => [
    plotSeries('recorded', '--link', levels.most, { least: levels.least }),
  ];
  const bounced = states
    .filter(({ bounce }) => bounce.most.some((level) => level > 0))
    .map(({ patches, bounce }) =>
      plotSeries(stateName(patches), stateColour(patches), bounce.most, { least: bounce.least }),
    );
  return [
    timeView({
      ...{ ...of, id: `${id}-mappings`, title: 'Mappings in force', unit: 'count' },
      ...{ noun: 'mappings', series: recorded(mappings) },
    }),
    timeView({
      ...{ ...of, id: `${id}-bytes`, title: 'Memory that is mapped', unit: 'bytes' },
      series: recorded(bytes),
    }),
    timeView({
      ...{ ...of, id: `${id}-bounce`, title: 'Bounce memory of the pool', unit: 'bytes' },
      series: bounced,
    }),
  ];
}

/** That of the bars of a replay's states. */
function stateColour(patches: number): PlotColour {
  return patches === 0 ? '--before' : '--after';
}

function histogram(
  id: string,
  title: string,
  labelTitle: string,
  directions: readonly HistogramFigures[],
  label: (limit: number) => string,
): PlotView {
  const limits = directions.flatMap((one) => one.limits);
  const all: number[] = [];
  for (let limit = Math.min(...limits); limit <= Math.max(...limits, 0); limit *= 2)
    all.push(limit);
  return histogramView({
    ...{ id, title, labelTitle, noun: 'mappings', small: true, labels: all.map(label) },
    series: directions.map((one) =>
      plotSeries(
        one.direction,
        directionColour(one.direction),
        all.map((limit) => one.counts[one.limits.indexOf(limit)] ?? 0),
      ),
    ),
  });
}

/** One row for each device. */
function deviceTable({ devices }: OverTimeFigures): Html {
  const [first] = devices;
  const states = first?.states.map(({ patches }) => patches) ?? [];
  const highest = (levels: readonly number[]): number => levels.reduce((a, b) => Math.max(a, b), 0);
  const head = [
    ...['device', 'maps', 'in force at most', 'mapped at most'],
    ...states.map((patches) => `requests, ${stateName(patches)}`),
    'bounce memory at most',
  ];
  const rows = devices.map((one) => [
    nameOf(one),
    count(one.maps),
    count(highest(one.mappings.most)),
    memory(highest(one.bytes.most)),
    ...one.states.map(({ requests }) => count(sum(requests, (n) => n))),
    memory(Math.max(0, ...one.states.map(({ bounce }) => highest(bounce.most)))),
  ]);
  return htmlTable(head, rows, 1);
}

/** By powers of two. */
function mediansOf({ sizes, lifetimes }: DeviceOverTime): string {
  const all = sizes.map(({ direction, median }) => {
    const lasts = lifetimes.find((one) => one.direction === direction);
    const lasting = lasts ? ` and last up to ${shortTime(lasts.median)}` : '';
    return `half of the ${direction} mappings have up to ${bytesText(median)}${lasting}`;
  });
  const text = all.join('; ');
  return text === '' ? '' : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function bytesText(bytes: number): string {
  return axisText({ unit: 'bytes' }, bytes);
}

function shortTime(ns: number): string {
  return time(ns).replace('.0 ', ' ');
}

function nameOf({ device }: DeviceOverTime): string {
  return device ?? 'other devices';
}
