// SPDX-License-Identifier: GPL-2.0-only
// What each policy holds and leaves within reach over time, as a section of a replay's page.

import { fewer } from '../bins/time-bins';
import type { PolicySection } from '../compare';
import { oneLine } from '../errors';
import { html } from '../show/html';
import { policyColour } from './charts/colours';
import type { OverTimeParts } from './over-time';
import { plotFigure, plotKeys } from './plots/figure';
import { type PlotSeries, type PlotView, isEmpty, plotSeries, timeView } from './plots/view';

interface Curve {
  readonly policy: string;
  /** Nanoseconds of a sample. */
  readonly widthNs: number;
  readonly values: readonly number[];
}

/**
 * @param names of the files of each boot
 * @param withKeys whether no other section says how plots are walked
 */
export function policiesOverTime(
  policies: readonly PolicySection[],
  names: readonly (readonly string[])[],
  withKeys: boolean,
): OverTimeParts {
  const boots = names.map((files, boot) => ({
    files,
    views: viewsOf(policies, boot).filter((view) => !isEmpty(view)),
  }));
  const shown = boots.filter(({ views }) => views.length > 0);
  if (shown.length === 0) return { sections: [], views: [] };
  const always = policies.filter((one) => one.stale_over_time === null).map(({ policy }) => policy);
  const never = policies
    .filter(({ stale_over_time: all }) => all?.every(({ mappings }) => mappings.length === 0))
    .map(({ policy }) => policy);
  const body = html`${withKeys ? plotKeys() : html``}
    <p>
      The highest level of each bin. Bounce memory does not have what is set aside at boot. Mappings
      that can still be reached were unmapped by the driver, and the IOMMU does not know it
      yet.${never.length > 0 ? ` None ever is with ${never.join(', ')}.` : ''}${always.length > 0 ? ` All memory can always be reached with ${always.join(', ')}.` : ''}
    </p>
    ${shown.map(
      ({ files, views }) =>
        html`${
          names.length > 1 ? html`<p class="caption">${files.map(oneLine).join(', ')}</p>` : html``
        }${views.map(plotFigure)}`,
    )}`;
  return {
    sections: [{ id: 'policies-over-time', title: 'Policies over time', body }],
    views: shown.flatMap(({ views }) => views),
  };
}

function viewsOf(policies: readonly PolicySection[], boot: number): PlotView[] {
  const id = `plot-policies${String(boot)}`;
  const group = `policies${String(boot)}`;
  const bounce = policies.flatMap(({ policy, bounce_over_time: all }): Curve[] => {
    const curve = all[boot];
    return curve ? [{ policy, widthNs: curve.interval_ns, values: curve.bytes }] : [];
  });
  const stale = policies.flatMap(({ policy, stale_over_time: all }): Curve[] => {
    const curve = all?.[boot];
    return curve ? [{ policy, widthNs: curve.interval_ns, values: curve.mappings }] : [];
  });
  // Plots that are walked together have the same bins.
  const widthNs = Math.max(0, ...[...bounce, ...stale].map((one) => one.widthNs));
  const [levels, reached] = [seriesOf(bounce, widthNs), seriesOf(stale, widthNs)];
  return [
    timeView({
      ...{ id: `${id}-bounce`, group, unit: 'bytes', widthNs, series: levels },
      title: titleOf('Bounce memory', levels),
    }),
    timeView({
      ...{ id: `${id}-stale`, group, unit: 'count', noun: 'mappings', widthNs, series: reached },
      title: titleOf('Mappings that are unmapped and still within reach', reached),
    }),
  ];
}

/** One series has no legend. */
function titleOf(what: string, series: readonly PlotSeries[]): string {
  const [only] = series;
  return series.length === 1 && only ? `${what}: ${only.name}` : `${what}, by policy`;
}

/** Those that ever had any, in bins of one width: all widths are powers of two of the same. */
function seriesOf(curves: readonly Curve[], widthNs: number): PlotSeries[] {
  return curves
    .filter(({ values }) => values.some((value) => value > 0))
    .map(({ policy, widthNs: own, values }) =>
      plotSeries(policy, policyColour(policy), fewer(values, widthNs / own, Math.max), {
        isPeak: true,
      }),
    );
}
