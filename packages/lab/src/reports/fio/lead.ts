// SPDX-License-Identifier: GPL-2.0-only
// The head of an experiment's page: which policy wins, and what that is worth where costs were fitted to these figures.

import {
  type FioDocument,
  type PredictedFigure,
  isFitted,
  predictionsFromTwo,
  wrongsOf,
} from '@iommu-bounce/simulation';
import { heading, notesOf } from '../../tables/fio-figures';
import { blockSize, megabytes, percent, times } from '../../show/format';
import { type Html, html } from '../../show/html';
import { type Measures, type Round, answerTable, answerText } from '../charts/answer';
import { reachOf } from '../charts/protection';
import { groupsOf } from './groups';
import { isWithin, residualsOf } from './speedup';

const MEASURES: Measures = {
  rate: 'throughput',
  unit: 'MB/s',
  showRate: megabytes,
  per: 'I/O',
};

/** Each group of jobs under each policy. */
export function roundsOf(document: FioDocument): Round[] {
  return groupsOf(document).map(({ label, runs }) => ({
    label,
    contestants: runs.map((run) => ({
      policy: run.policy,
      rate: run.bandwidth_bytes_per_s,
      cpuNs: run.cpu_ns_per_io.total,
      reach: reachOf(run.stale_max_ns),
    })),
  }));
}

/** Of a page whose figures the costs were fitted to; null for any other. */
export function fittedText({ comparison, cost }: FioDocument): string | null {
  const residuals = residualsOf(comparison);
  if (residuals.length === 0 || !isFitted(cost)) return null;
  const within = residuals.filter(isWithin).length;
  const predictions = predictionsFromTwo();
  const missed = predictions.filter(({ met }) => !met);
  return (
    `The costs were fitted to the cover letter's figures on this page, so it proves nothing that ${String(within)} of ${String(residuals.length)} are met. ` +
    `Fitted to 4k and 128k alone, they predict ${String(predictions.length - missed.length)} of the ${String(predictions.length)} figures of other sizes` +
    (missed.length > 0 ? ` and miss ${missed.map(missedText).join(', ')}.` : '.')
  );
}

function missedText({ bytes, of, predicted: [low, high], published }: PredictedFigure): string {
  const show = (x: number): string => (of === 'speedup' ? times(x, 1) : percent(x));
  const what = of === 'speedup' ? 'the speed-up' : 'the time saved in unmap';
  return `${what} at ${blockSize(bytes)} (predicted ${show(low)} to ${show(high)}, published ${of === 'speedup' ? times(published, 1) : percent(published, 0)})`;
}

export function lead({
  document,
  warnings,
}: {
  readonly document: FioDocument;
  readonly warnings: readonly string[];
}): Html {
  const wrong = document.runs.flatMap((run) =>
    wrongsOf(run).map((what) => `${run.policy}, ${run.jobs.join(', ')}: ${what}`),
  );
  const rounds = roundsOf(document);
  const fitted = fittedText(document);
  const notes = [...warnings.map((text) => `Warning: ${text}`), ...notesOf(document)];
  return html`${wrong.length > 0 ? wrongBox(wrong) : html``}
    ${fitted === null ? html`` : html`<p class="answer">${fitted}</p>`}
    <p class="answer">${answerText(rounds, MEASURES)}</p>
    <p>${heading(document)} A policy protects if the device reaches no page after its unmap.</p>
    ${rounds.length > 1 ? answerTable(rounds, 'jobs', MEASURES) : html``}
    <noscript><p>Charts need JavaScript; the tables have the same numbers.</p></noscript>
    ${beside(document, fitted !== null)}
    <ul>
      ${notes.map((note) => html`<li>${note}</li>`)}
    </ul>`;
}

function wrongBox(wrong: readonly string[]): Html {
  return html`<section class="verdict bad">
    <p><b>The simulation is wrong here; its figures cannot be trusted.</b></p>
    <ul>
      ${wrong.map((text) => html`<li>${text}</li>`)}
    </ul>
  </section>`;
}

/** How many figures of the cover letter are met; nothing where it has none. */
function beside({ comparison }: FioDocument, fitted: boolean): Html {
  const residuals = residualsOf(comparison);
  if (residuals.length === 0)
    return html`<p>
      The cover letter has no figures for these jobs on this machine. No figure here was measured.
    </p>`;
  const within = residuals.filter(isWithin).length;
  const text = html`${within} of the cover letter's ${residuals.length} figures are met: within half
  a printed unit plus 10 %. No figure of this experiment was measured. The only published figures
  here are the ratios of the cover letter (message-id 20210707075505.2896824-1-stevensd@google.com).`;
  if (fitted) return html`<p>${text}</p>`;
  return html`<section class="verdict ${within === residuals.length ? 'good' : 'bad'}">
    <p>${text}</p>
  </section>`;
}
