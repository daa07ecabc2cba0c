// SPDX-License-Identifier: GPL-2.0-only
// The bar of controls: back and forward by call and by statement, play, speed, and a slider over the whole recording.

import { timeText } from '../../words';
import { button, el } from './dom';
import { icon } from './icons';
import { type Now, SPEEDS, type Session } from './session';

/** Steps that are run in no time. */
const SHORT = 300;
/** How long the slider of a longer recording must rest, ms. */
const REST_MS = 150;

export interface Controls {
  readonly bar: HTMLElement;
  draw(now: Now): void;
  /** One speed up or down. */
  changeSpeed(by: 1 | -1): void;
}

export function controls(session: Session): Controls {
  const first = button(
    'to the begin',
    icon('first'),
    () => {
      session.goTo(0);
    },
    'Home',
  );
  const back = button(
    'one call back',
    icon('back'),
    () => {
      session.back();
    },
    '←',
  );
  const play = button(
    'play',
    icon('play'),
    () => {
      session.togglePlay();
    },
    'Space',
  );
  const forward = button(
    'one call forward',
    icon('forward'),
    () => {
      session.forward();
    },
    '→',
  );
  const last = button(
    'to the end',
    icon('last'),
    () => {
      session.goTo(session.now().steps.length);
    },
    'End',
  );
  const statementBack = button(
    'one statement back',
    icon('statement-back'),
    () => {
      session.statementBack();
    },
    ',',
  );
  const statementForward = button(
    'one statement forward',
    icon('statement-forward'),
    () => {
      session.statementForward();
    },
    '.',
  );
  const slider = el('input', { type: 'range', min: 0, step: 1, 'aria-label': 'step' });
  const status = el('span', { class: 'place' });
  const speed = el(
    'select',
    { 'aria-label': 'speed, steps a second', title: 'speed (- and +)' },
    ...SPEEDS.map((one) => el('option', { value: one }, `${String(one)}×`)),
  );
  speed.value = String(session.speed);
  let timer: ReturnType<typeof setTimeout> | null = null;
  slider.addEventListener('input', () => {
    session.pause();
    status.textContent = `step ${slider.value} of ${slider.max}`;
    if (timer !== null) clearTimeout(timer);
    const go = (): void => {
      timer = null;
      session.goTo(Number(slider.value));
    };
    // A long recording is run anew up to a step far away: not for each step that the slider passes.
    if (Number(slider.max) <= SHORT) go();
    else timer = setTimeout(go, REST_MS);
  });
  speed.addEventListener('change', () => {
    session.speed = Number(speed.value);
  });
  const ids = {
    back,
    forward,
    'play-pause': play,
    'statement-back': statementBack,
    'statement-forward': statementForward,
  };
  for (const [id, one] of Object.entries(ids)) one.id = id;
  slider.id = 'slider';
  speed.id = 'speed';
  status.id = 'place';

  return {
    bar: el(
      'div',
      { class: 'controls', role: 'group', 'aria-label': 'Stepping' },
      el('div', { class: 'buttons' }, first, back, play, forward, last),
      el(
        'div',
        { class: 'buttons statements' },
        statementBack,
        el('span', {}, 'statement'),
        statementForward,
      ),
      slider,
      status,
      speed,
    ),
    draw({ steps, step, statement, frame, call, playing }) {
      slider.max = String(steps.length);
      slider.value = String(step);
      slider.setAttribute('aria-valuetext', `step ${String(step)} of ${String(steps.length)}`);
      const inside =
        statement === null
          ? ''
          : `, statement ${String(statement)} of ${String(call.executed.length)}`;
      status.textContent = `step ${String(step)} of ${String(steps.length)}${inside} · ${timeText(frame.timeMs)}`;
      play.replaceChildren(icon(playing ? 'pause' : 'play'));
      play.setAttribute('aria-label', playing ? 'pause' : 'play');
      const atStart = step === 0;
      // Not `disabled`: a button that loses the focus under the finger loses the reader's place.
      for (const one of [first, back, statementBack])
        one.setAttribute('aria-disabled', String(atStart));
      const atEnd = step === steps.length && statement === null && session.atEnd === null;
      for (const one of [last, forward, statementForward])
        one.setAttribute('aria-disabled', String(atEnd));
    },
    changeSpeed(by) {
      const at = SPEEDS.findIndex((one) => one === session.speed) + by;
      session.speed = SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at))] ?? 1;
      speed.value = String(session.speed);
    },
  };
}
