// SPDX-License-Identifier: GPL-2.0-only
// The head of an experiment's page: the answer, and what it rests on.

import { type FioDocument, isFitted, wrongsOf } from '@iommu-bounce/simulation';
import { type Html, html } from '../../show/html';
import { OF_IO } from '../../tables/answer';
import { fioAnswer, roundsOf } from '../../tables/fio-answer';
import { heading, notesOf } from '../../tables/fio-figures';
import { isWithin, residualsOf } from '../../tables/residuals';
import { answerTable } from '../charts/answer-table';

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
  const notes = [...warnings.map((text) => `Warning: ${text}`), ...notesOf(document)];
  return html`${wrong.length > 0 ? wrongBox(wrong) : html``}
    <p class="answer">${fioAnswer(document)}</p>
    <p>${heading(document)} A policy protects if the device reaches no page after its unmap.</p>
    ${rounds.length > 1 ? answerTable(rounds, 'jobs', OF_IO) : html``}
    <noscript><p>Charts need JavaScript; the tables have the same numbers.</p></noscript>
    ${beside(document)}
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
function beside({ comparison, cost }: FioDocument): Html {
  const residuals = residualsOf(comparison);
  if (residuals.length === 0)
    return html`<p>
      The cover letter has no figures for these jobs on this machine. No figure here was measured.
    </p>`;
  const within = residuals.filter(isWithin).length;
  const text = html`${within} of the cover letter's ${residuals.length} figures are met: within half
  a printed unit plus 10 %. No figure of this experiment was measured. The only published figures
  here are the ratios of the cover letter (message-id 20210707075505.2896824-1-stevensd@google.com).`;
  if (isFitted(cost)) return html`<p>${text}</p>`;
  return html`<section class="verdict ${within === residuals.length ? 'good' : 'bad'}">
    <p>${text}</p>
  </section>`;
}
