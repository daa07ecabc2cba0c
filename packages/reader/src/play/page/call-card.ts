// SPDX-License-Identifier: GPL-2.0-only
// The call as a driver writes it, its result, what happened in one sentence, and what to watch.

import { announcement } from '../view/announce';
import { visibleLine } from '../../syntax/hidden';
import { requestNoun } from '../../words';
import { el } from './dom';
import type { Now } from './session';

export interface CallCard {
  readonly card: HTMLElement;
  draw(now: Now): void;
}

/** How long the page must rest before a step is read aloud, ms: a fast run would talk for minutes. */
const REST_MS = 250;

export function callCard(): CallCard {
  const call = el('code', { id: 'call' });
  const result = el('code', { id: 'result' });
  const happened = el('p', { id: 'happened' });
  const caption = el('p', { id: 'caption' });
  const difference = el('p', { id: 'difference', class: 'unwanted' });
  const spoken = el('p', { id: 'spoken', class: 'hidden', role: 'status', 'aria-live': 'polite' });
  let timer: ReturnType<typeof setTimeout> | null = null;

  function say(text: string): void {
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(() => {
      spoken.textContent = text;
    }, REST_MS);
  }

  const card = el(
    'section',
    { class: 'call', 'aria-label': 'The present step' },
    el('p', { class: 'code' }, call, ' ', result),
    happened,
    caption,
    difference,
    spoken,
  );

  return {
    card,
    draw({ steps, step, statement, call: after }) {
      const text =
        step === 0
          ? 'Before the first step.'
          : statement === null
            ? `${announcement(steps.frame(step - 1), after, requestNoun(steps.requestsLabel))}.`
            : `Inside the call, at statement ${String(statement)} of ${String(after.executed.length)}.`;
      card.classList.toggle('inside', statement !== null);
      call.textContent = step === 0 ? 'nothing has been called' : visibleLine(after.call);
      result.textContent =
        after.result === '' || statement !== null ? '' : `→ ${visibleLine(after.result)}`;
      happened.textContent = visibleLine(text);
      caption.textContent = visibleLine(after.caption);
      caption.hidden = after.caption === '';
      difference.textContent =
        after.difference === null
          ? ''
          : `Differs from the recording: ${visibleLine(after.difference)}`;
      difference.hidden = after.difference === null;
      say(visibleLine(text));
    },
  };
}
