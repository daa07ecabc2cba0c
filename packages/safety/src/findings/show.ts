// SPDX-License-Identifier: GPL-2.0-only
// Runs the scenario of a finding without the pool, with the series and with a fix: the columns of one table.

import { type Fix, fixesNamed } from '@iommu-bounce/simulation';
import type { Finding } from './finding';
import { type Setting, type Sight, Trial } from './kit';

/** A way to run a scenario. */
export interface Column {
  readonly title: string;
  /** Whether the finding shows. */
  readonly shown: boolean;
}

/** What is seen at one place, in each column. */
export interface Row {
  readonly what: string;
  /** One for each column; null: the run did not come that far. */
  readonly values: readonly (string | null)[];
  /** Whether a value is what the finding is about; one for each column. */
  readonly wrong: readonly boolean[];
}

/** A finding as the machine shows it. */
export interface ShownFinding {
  readonly finding: Finding;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** Whether the series shows it, with `withFix` as far as it was given. */
  readonly shown: boolean;
  /** Whether it is gone with its own fix, or with `withFix`; null: no fix was tried. */
  readonly fixed: boolean | null;
  /** The same without the pool; null: it does not show there, or no fix was tried. */
  readonly fixedWithoutPool: boolean | null;
}

/** One run of a scenario. */
export function observe(finding: Finding, setting: Setting): readonly Sight[] {
  const trial = new Trial(setting);
  finding.show(trial);
  return trial.sights;
}

/**
 * @param withFix fixes to try in place of the finding's own; `shown` is then what is seen with them
 */
export function showFinding(finding: Finding, withFix: readonly Fix[] = []): ShownFinding {
  const own = finding.fix === null ? [] : fixesNamed(finding.fix);
  const fixes = withFix.length > 0 ? withFix : own;
  const settings: [string, Setting][] = [
    ['without the pool', { pool: false, fixes: [] }],
    ['with the series', { pool: true, fixes: [] }],
  ];
  if (fixes.length > 0) {
    const names = fixes.map(({ name }) => name).join(', ');
    settings.push([`with ${names}`, { pool: true, fixes }]);
  }
  const runs = settings.map(([title, setting]) => ({ title, sights: observe(finding, setting) }));
  const columns = runs.map(({ title, sights }) => ({
    title,
    shown: sights.some(({ wrong }) => wrong),
  }));
  const [without, series, fixed] = columns;
  return {
    finding,
    columns,
    rows: rowsOf(runs.map(({ sights }) => sights)),
    shown: (withFix.length > 0 ? fixed : series)?.shown ?? false,
    fixed: fixed ? !fixed.shown : null,
    fixedWithoutPool:
      fixed && without?.shown === true
        ? !observe(finding, { pool: false, fixes }).some(({ wrong }) => wrong)
        : null,
  };
}

/** Places in the order in which they are seen; a column may lack some. */
function rowsOf(runs: readonly (readonly Sight[])[]): Row[] {
  const places: string[] = [];
  for (const sights of runs) {
    let at = 0;
    for (const { what } of sights) {
      const known = places.indexOf(what);
      if (known < 0) places.splice(at, 0, what);
      at = (known < 0 ? at : known) + 1;
    }
  }
  return places.map((what) => {
    const seen = runs.map((sights) => sights.find((sight) => sight.what === what));
    return {
      what,
      values: seen.map((sight) => sight?.value ?? null),
      wrong: seen.map((sight) => sight?.wrong ?? false),
    };
  });
}
