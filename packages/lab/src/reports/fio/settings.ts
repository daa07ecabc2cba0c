// SPDX-License-Identifier: GPL-2.0-only
// What was run: jobs, machine, and every cost with its unit, range and source.

import {
  COST_PARAMETERS,
  type CostParameters,
  type FioDocument,
  type PresetName,
  preset,
  presetInfo,
} from '@iommu-bounce/simulation';
import { count } from '../../show/format';
import { type Html, html, htmlTable } from '../../show/html';
import { cell } from '../charts/cells';
import { groupsOf } from '../../tables/fio-groups';

export function settings(document: FioDocument): Html {
  const name = document.preset;
  const list = [
    html`<li>Seed: ${document.seed}</li>`,
    html`<li>Memory layout of the guest: ${document.layout}</li>`,
    html`<li>Virtual CPUs: ${document.cpus}</li>`,
    html`<li>
      Data:
      ${document.data_moved ? 'moved, and checked on arrival' : 'not moved; copies are charged for'}
    </li>`,
    html`<li>Costs: preset ${name}, ${presetInfo(name).what}</li>`,
  ];
  return html`<ul>
      ${list}
    </ul>
    ${jobs(document)} ${costs(document.cost, name)}`;
}

function jobs(document: FioDocument): Html {
  const rows = groupsOf(document).flatMap(({ label, runs }) =>
    runs
      .slice(0, 1)
      .map((run) => [
        label,
        run.jobs.join(', '),
        run.rw,
        cell(run.bs, count(run.bs)),
        cell(run.iodepth, count(run.iodepth)),
        cell(run.numjobs, count(run.numjobs)),
        cell(run.ios, count(run.ios)),
      ]),
  );
  const head = ['group', 'jobs', 'rw', 'bs (bytes)', 'iodepth', 'numjobs', 'I/Os'];
  return html`<h3>Jobs</h3>
    ${htmlTable(head, rows, 3)}`;
}

function costs(used: CostParameters, name: PresetName): Html {
  const usual = preset(name);
  const changed = COST_PARAMETERS.filter((p) => used[p.name] !== usual[p.name]);
  const rows = COST_PARAMETERS.map((p) => [
    p.name,
    p.unit,
    cell(used[p.name], String(used[p.name])),
    used[p.name] === usual[p.name] ? '' : cell(usual[p.name], String(usual[p.name])),
    `${String(p.min)} … ${String(p.max)}`,
    p.what,
    p.source,
  ]);
  const head = [
    'parameter',
    'unit',
    'value',
    'preset value',
    'physical range',
    'what it pays for',
    'source',
  ];
  return html`<h3>Costs</h3>
    <p>
      ${
        changed.length === 0
          ? 'All costs are the preset’s.'
          : `Changed: ${changed.map((p) => `${p.name} from ${String(usual[p.name])} to ${String(used[p.name])} ${p.unit}`).join('; ')}.`
      }
    </p>
    <details>
      <summary>All ${COST_PARAMETERS.length} costs, with units, ranges and sources</summary>
      <div class="wide">${htmlTable(head, rows, 7)}</div>
    </details>`;
}
