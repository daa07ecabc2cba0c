// SPDX-License-Identifier: GPL-2.0-only
// "Predict": a question before a step; the port takes the step, and so grades the answer.

import type { Frame } from '../frame';
import { type Question, questionFor } from '../predict';
import { visibleLine } from '../../syntax/hidden';
import { count, requestNoun } from '../../words';
import { button, el } from './dom';
import type { Session } from './session';

export interface PredictPanel {
  /** Switch, seed and score. */
  readonly settings: HTMLElement;
  /** The question, or what came of it; takes no room while there is neither. */
  readonly section: HTMLElement;
  isOn(): boolean;
  /** Whether a question waits for its answer. */
  asks(): boolean;
  /** @param seed whole number below 2^32 */
  turn(on: boolean, seed: number): void;
  seed(): number;
  /** Chooses an answer by its number, from 1. */
  choose(number: number): void;
  answer(): void;
  skip(): void;
  /** Asks about the next step, if it is on and there is one. */
  askNow(): void;
  /** Takes a question away that the page has moved on from. */
  forget(): void;
}

/** @param changed is called when it was turned on or off, or has another seed */
export function predictPanel(session: Session, changed: () => void): PredictPanel {
  let on = false;
  let seed = 1;
  let question: Question | null = null;
  let asked = 0;
  let right = 0;
  let answering = false;

  const toggle = el('input', { type: 'checkbox', id: 'predict-on' });
  const seedField = el('input', { type: 'number', id: 'seed', min: 0, max: 2 ** 32 - 1, step: 1 });
  const score = el('span', { id: 'score' });
  const text = el('legend', { id: 'question' });
  const choices = el('div', { class: 'choices' });
  const form = el('form', { id: 'ask', hidden: true }, el('fieldset', {}, text, choices));
  const submit = el('button', { type: 'submit', id: 'answer', title: 'answer (Enter)' }, 'Answer');
  const skipButton = button('Skip this question', 'Skip', skip, 's');
  form.append(el('p', { class: 'buttons' }, submit, skipButton));
  const verdict = el('p', { id: 'verdict', role: 'status' });
  const settings = el(
    'p',
    { class: 'settings' },
    el('label', { class: 'switch', title: 'ask before each step (p)' }, toggle, 'Predict'),
    el('label', {}, 'seed ', seedField),
    score,
  );
  const section = el(
    'section',
    { id: 'predict', class: 'panel idle', 'aria-label': 'Predict' },
    ...[form, verdict],
  );

  toggle.addEventListener('change', () => {
    turn(toggle.checked, seed);
  });
  seedField.addEventListener('change', () => {
    const value = Number(seedField.value);
    turn(on, Number.isInteger(value) && value >= 0 && value < 2 ** 32 ? value : seed);
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    answer();
  });

  function drawScore(): void {
    score.textContent = asked === 0 ? '' : `${String(right)} of ${count(asked, 'answer')} right`;
  }

  function forget(): void {
    // The step that an answer takes is no reason to forget its verdict.
    if (answering) return;
    question = null;
    show(false);
  }

  /** The verdict stays in the page when it is empty: a screen reader tells what changes in it. */
  function show(isAsking: boolean, outcome = '', kind = ''): void {
    form.hidden = !isAsking;
    verdict.textContent = outcome;
    verdict.className = kind;
    section.classList.toggle('idle', !isAsking && outcome === '');
    // What explains the step would tell the answer.
    document.body.classList.toggle('asking', isAsking);
  }

  function ask(before: Frame, after: Frame, focus = true): boolean {
    if (!on) return false;
    if (question !== null) {
      text.scrollIntoView({ block: 'nearest' });
      return true;
    }
    question = questionFor(before, after, seed, requestNoun(session.now().steps.requestsLabel));
    if (question === null) return false;
    text.replaceChildren(
      el('small', {}, 'The next step is '),
      el('code', {}, visibleLine(after.call)),
      el('span', { class: 'asked' }, question.text),
    );
    choices.replaceChildren(
      ...question.choices.map((choice, i) =>
        el(
          'label',
          {},
          el('input', { type: 'radio', name: 'choice', value: i, required: true }),
          ` ${choice}`,
        ),
      ),
    );
    show(true);
    if (focus) radios()[0]?.focus();
    return true;
  }

  function askNow(): void {
    const { steps, step, statement } = session.now();
    if (question === null && statement === null && step < steps.length)
      ask(steps.frame(step), steps.frame(step + 1), false);
  }

  function radios(): HTMLInputElement[] {
    return [...choices.querySelectorAll('input')];
  }

  function takeStep(): void {
    question = null;
    answering = true;
    // The gate would ask again about the same step.
    const { gate } = session;
    session.gate = null;
    session.forward();
    session.gate = gate;
    answering = false;
  }

  function answer(): void {
    const chosen = radios().findIndex(({ checked }) => checked);
    if (question === null) return;
    if (chosen < 0) {
      form.reportValidity();
      return;
    }
    const { why } = question;
    const isRight = chosen === question.right;
    asked++;
    if (isRight) right++;
    takeStep();
    show(false, isRight ? `✓ Right. ${why}` : `✗ Not so. ${why}`, isRight ? 'right' : 'wrong');
    drawScore();
    document.getElementById('forward')?.focus();
  }

  function skip(): void {
    if (question === null) return;
    takeStep();
    show(false);
    document.getElementById('forward')?.focus();
  }

  function turn(to: boolean, newSeed: number): void {
    on = to;
    seed = newSeed;
    toggle.checked = on;
    document.body.classList.toggle('predicting', on);
    seedField.value = String(seed);
    forget();
    changed();
  }

  session.gate = (before, after) => ask(before, after);
  seedField.value = String(seed);
  return {
    settings,
    section,
    isOn: () => on,
    asks: () => question !== null,
    turn,
    seed: () => seed,
    choose(number) {
      const radio = question === null ? undefined : radios()[number - 1];
      if (radio) {
        radio.checked = true;
        radio.focus();
      }
    },
    answer,
    skip,
    askNow,
    forget,
  };
}
