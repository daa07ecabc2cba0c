// SPDX-License-Identifier: GPL-2.0-only
// The page "The pool at work": puts its parts together, and keeps the address in step with what is shown.

import { randomProgram } from '../random-program';
import { type Place, linkFault, placeFromHash, placeToHash } from '../view/link';
import { visibleLine } from '../../syntax/hidden';
import { address } from './address';
import { bytesPanel } from './bytes-panel';
import { callCard } from './call-card';
import type { PlayContract, PlayItem, StartPlayPage } from '../contract';
import { controls } from './controls';
import { countsPanel } from './counts-panel';
import { button, el } from './dom';
import { iovaPanel } from './iova-panel';
import { type Shortcut, keyboard } from './keyboard';
import { poolPanel } from './pool-panel';
import { predictPanel } from './predict-panel';
import { reachPanel } from './reach-panel';
import { type Now, Session } from './session';
import { sourcePane } from './source-pane';

const RANDOM = 'random';
const RANDOM_TITLE = 'Random programs (endless)';

function randomItem(contract: PlayContract, seed: number): PlayItem {
  return contract.program(
    {
      name: RANDOM,
      title: RANDOM_TITLE,
      about: `A program of maps, unmaps, syncs and time, made from seed ${String(seed)}. After its end comes the next seed.`,
    },
    randomProgram(seed),
  );
}

/** Called once, at the end of the body. */
export const start: StartPlayPage = (contract, root) => {
  fillPage(contract, root as HTMLElement);
};

function fillPage(contract: PlayContract, root: HTMLElement): void {
  const itemNamed = (name: string, seed: number): PlayItem | undefined =>
    name === RANDOM ? randomItem(contract, seed) : contract.items.find((one) => one.name === name);
  const begin = itemNamed(contract.start.item, 1) ?? contract.items[0] ?? randomItem(contract, 1);
  const session = new Session(begin);
  const bar = controls(session);
  const card = callCard();
  const left = [poolPanel(), bytesPanel()];
  const right = [sourcePane(contract), reachPanel(), countsPanel()];
  const wide = [iovaPanel()];
  const panels = [...left, ...right, ...wide];
  const predict = predictPanel(session, () => {
    settingsChanged();
  });

  const choice = el(
    'select',
    { id: 'item' },
    ...contract.items.map(({ name, title }) => el('option', { value: name }, visibleLine(title))),
    el('option', { value: RANDOM }, RANDOM_TITLE),
  );
  const about = el('p', { id: 'about' });
  const fault = el('p', { id: 'link-fault', class: 'unwanted', role: 'alert', hidden: true });
  const link = button('copy the link to this step', 'Copy link', copyLink, 'l');
  const help = button(
    'keys',
    'Keys',
    () => {
      keys.dialog.showModal();
    },
    '?',
  );
  const shortcuts: readonly Shortcut[] = [
    key(['ArrowRight'], '→', 'one call forward', () => {
      session.forward();
    }),
    key(['ArrowLeft'], '←', 'one call back', () => {
      session.back();
    }),
    key(['.'], '.', 'one statement forward', () => {
      session.statementForward();
    }),
    key([','], ',', 'one statement back', () => {
      session.statementBack();
    }),
    key([' '], 'Space', 'play or pause', () => {
      session.togglePlay();
    }),
    key(['Home'], 'Home', 'to the begin', () => {
      session.goTo(0);
    }),
    key(['End'], 'End', 'to the end', () => {
      session.goTo(session.now().steps.length);
    }),
    key(['+', '='], '+', 'faster', () => {
      bar.changeSpeed(1);
    }),
    key(['-'], '-', 'slower', () => {
      bar.changeSpeed(-1);
    }),
    key(['c'], 'c', 'choose a scenario', () => {
      choice.focus();
    }),
    key(['p'], 'p', 'turn Predict on or off', () => {
      predict.turn(!predict.isOn(), predict.seed());
    }),
    key(['1', '2', '3', '4'], '1 to 4', 'choose an answer', (pressed) => {
      predict.choose(Number(pressed));
    }),
    key(['Enter'], 'Enter', 'answer', () => {
      predict.answer();
    }),
    key(['s'], 's', 'skip the question', () => {
      predict.skip();
    }),
    key(['l'], 'l', 'copy the link to this step', () => {
      copyLink();
    }),
    key(['?'], '?', 'this list', () => {
      keys.dialog.showModal();
    }),
  ];
  const keys = keyboard(shortcuts);

  root.replaceChildren(
    el(
      'header',
      {},
      el('h1', {}, 'The pool at work'),
      el(
        'div',
        { class: 'settings' },
        el('span', { class: 'settings' }, el('label', { for: 'item' }, 'scenario '), choice),
        predict.settings,
        link,
        help,
      ),
      about,
      fault,
    ),
    bar.bar,
    card.card,
    predict.section,
    el(
      'div',
      { class: 'panels' },
      el('div', {}, ...left.map(({ panel }) => panel.section)),
      el('div', {}, ...right.map(({ panel }) => panel.section)),
      ...wide.map(({ panel }) => panel.section),
    ),
    keys.dialog,
  );

  let seedShown = predict.seed();
  let quiet = false;
  const shownPlace = address();
  let drawn: Now | null = null;

  function place(): Place {
    const { item, step, statement } = session.now();
    const name = item.name;
    return { scenario: name, step, statement, predict: predict.isOn(), seed: predict.seed() };
  }

  function writeHash(): void {
    shownPlace.write(`#${placeToHash(place())}`);
  }

  function copyLink(): void {
    shownPlace.flush();
    const done = (text: string): void => {
      link.textContent = text;
      setTimeout(() => {
        link.textContent = 'Copy link';
      }, 1500);
    };
    // A file's page may be without a clipboard; the address bar has the link all the same.
    navigator.clipboard.writeText(location.href).then(
      () => {
        done('Copied');
      },
      () => {
        done('See the address');
      },
    );
  }

  /** Another seed is another random program. */
  function settingsChanged(): void {
    if (quiet) return;
    const seed = predict.seed();
    if (seed !== seedShown && session.now().item.name === RANDOM)
      session.choose(randomItem(contract, seed));
    seedShown = seed;
    writeHash();
    predict.askNow();
  }

  function choose(name: string): void {
    const item = itemNamed(name, predict.seed());
    if (!item) return;
    predict.forget();
    session.choose(item);
    predict.askNow();
  }

  function goToHash(): void {
    // Drawing writes the address anew.
    const { hash } = location;
    const told = placeFromHash(hash);
    quiet = true;
    predict.turn(told.predict ?? predict.isOn(), told.seed ?? predict.seed());
    seedShown = predict.seed();
    quiet = false;
    const named = itemNamed(told.scenario ?? contract.start.item, predict.seed());
    const item = named ?? begin;
    if (named) session.choose(item, told.step ?? contract.start.step, told.statement ?? null);
    else session.choose(item);
    fault.textContent = linkFault(hash, session.now().steps.length, named !== undefined);
    fault.hidden = fault.textContent === '';
    predict.askNow();
  }

  function draw(now: Now): void {
    const isRandom = now.item.name === RANDOM;
    session.atEnd = isRandom ? nextProgram : null;
    choice.value = now.item.name;
    about.textContent = visibleLine(now.item.about);
    // Only a move takes a question away: pausing to think does not.
    if (now.steps !== drawn?.steps || now.step !== drawn.step || now.statement !== drawn.statement)
      predict.forget();
    drawn = now;
    fault.hidden = true;
    bar.draw(now);
    card.draw(now);
    for (const one of panels) one.draw(now);
    writeHash();
  }

  function nextProgram(): void {
    predict.turn(predict.isOn(), (predict.seed() + 1) % 2 ** 32);
  }

  choice.addEventListener('change', () => {
    choose(choice.value);
  });
  addEventListener('hashchange', goToHash);
  keys.listen();
  session.listen(draw);
  goToHash();
}

function key(keys: readonly string[], shown: string, what: string, act: Shortcut['act']): Shortcut {
  return { keys, shown, what, act };
}
