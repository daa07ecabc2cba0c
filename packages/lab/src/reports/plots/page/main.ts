// SPDX-License-Identifier: GPL-2.0-only
// Runs in the reader's browser, after uPlot: draws the plots of the page's data as they come into sight.

import { Ink } from '../../charts/page/ink';
import type { PlotView } from '../view';
import { Plot } from './plot';
import { Together } from './together';

const views = JSON.parse(document.getElementById('plots')?.textContent ?? '[]') as PlotView[];
const ink = new Ink();
const groups = new Map<string, Together>();
const plots = new Map<Element, Plot>();

function groupOf({ group, id }: PlotView): Together {
  // Histograms have no time in common.
  const name = group === '' ? id : group;
  const found = groups.get(name) ?? new Together();
  groups.set(name, found);
  return found;
}

for (const hidden of document.querySelectorAll<HTMLElement>('figure.plot, .plot-keys'))
  hidden.hidden = false;
for (const view of views) {
  const box = document.getElementById(view.id);
  if (box) plots.set(box, new Plot(box, view, groupOf(view), ink.of));
}

const inSight = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries)
      if (isIntersecting) {
        plots.get(target)?.draw();
        inSight.unobserve(target);
      }
  },
  { rootMargin: '400px' },
);
const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) plots.get(target)?.redraw(ink.printing);
});
for (const box of plots.keys()) {
  inSight.observe(box);
  resized.observe(box);
}

ink.follow(() => {
  for (const plot of plots.values()) {
    if (ink.printing) plot.draw();
    plot.redraw(ink.printing);
  }
});
