// SPDX-License-Identifier: GPL-2.0-only
// Runs in the reader's browser, after Chart.js: everything shows the points that the filters let through.

import type { SweepData } from '../data';
import { Shown } from '../model/shown';
import { BestPoints } from './best';
import { byId, el } from './dom';
import { Filters } from './filters';
import { HeatMap } from './heat-map';
import { ink } from './look';
import { Multiples } from './multiples';
import { Pareto } from './pareto';
import { Points } from './points';

const shown = new Shown(JSON.parse(byId('sweep').textContent) as SweepData);

/** Says why a part of the page is empty. */
function nothing(id: string, why: string): void {
  byId(`${id}-body`).append(el('p', {}, why));
}

const filters = new Filters(shown);
new BestPoints(shown);
new HeatMap(shown, filters);
const multiples = shown.measures.length > 0 ? new Multiples(shown) : null;
if (!multiples) nothing('multiples', 'No column has numbers.');
const numbers = shown.table.columns.filter(
  ({ data }) => data.kind === 'number' && ['column', 'parameter'].includes(data.role),
);
const measures = numbers.filter(({ data }) => data.role === 'column');
const parameters = numbers.filter(({ data }) => data.role === 'parameter');
const pareto =
  numbers.length > 1 && measures.length > 0
    ? new Pareto(shown, [...measures, ...parameters])
    : null;
if (!pareto)
  nothing('front', 'A front takes two columns with numbers: add one to the columns of the spec.');
new Points(shown);
ink.follow(() => {
  multiples?.draw();
  pareto?.draw();
});
