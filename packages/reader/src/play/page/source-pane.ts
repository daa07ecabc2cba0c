// SPDX-License-Identifier: GPL-2.0-only
// The port's lines that a call executes, the present one marked, and the C's line beside it where the page has it.

import { type CodeLine, type CodeWindow, codeWindow } from '../view/code-window';
import { visibleLine } from '../../syntax/hidden';
import type { PlayContract, PlayText } from '../contract';
import { type Panel, el, panel } from './dom';
import type { Now } from './session';

function lineOf({ number, text, state }: CodeLine): HTMLElement {
  const sign = { present: '▶', executed: '•', other: ' ' }[state];
  return el(
    'div',
    { class: `line ${state}`, 'aria-current': state === 'present' ? 'step' : undefined },
    el('span', { class: 'gutter', 'aria-hidden': true }, `${sign} ${String(number)}`),
    el('code', {}, text === '' ? ' ' : text),
  );
}

/** The address of a line on its page of the site; undefined where there is none. */
function hrefOf(links: PlayContract['links'], path: string, line: number): string | undefined {
  const found = links[path]?.find(({ from, to }) => from <= line && line <= to);
  if (!found) return undefined;
  return found.base === null ? found.href : `${found.href}${String(line - found.base + 1)}`;
}

function pane(language: string, window: CodeWindow, links: PlayContract['links']): HTMLElement {
  const place = `${visibleLine(window.path)}:${String(window.line)}`;
  const name = window.inside === '' ? '' : ` in ${window.inside}`;
  const title = el('code', {}, place);
  const href = hrefOf(links, window.path, window.line);
  return el(
    'figure',
    { class: 'source' },
    el(
      'figcaption',
      {},
      ...[el('b', {}, language), ' '],
      ...(href === undefined ? [title, name] : [el('a', { href }, title, name)]),
    ),
    el(
      'div',
      { class: 'lines', tabindex: 0, role: 'region', 'aria-label': `${language}, ${place}` },
      ...window.lines.map(lineOf),
    ),
  );
}

export function sourcePane(contract: PlayContract): {
  readonly panel: Panel;
  draw(now: Now): void;
} {
  const made = panel('source', 'The code that runs');
  const status = el('p', { class: 'summary', id: 'statement' });
  const panes = el('div', { class: 'panes' });
  made.body.append(status, panes);
  const byPath = (texts: readonly PlayText[]): Map<string, readonly string[]> =>
    new Map(texts.map(({ path, text }) => [path, text.split('\n')]));
  const ours = byPath(contract.sources);
  const theirs = byPath(contract.c?.texts ?? []);

  return {
    panel: made,
    draw({ call, statement }) {
      const { executed } = call;
      const at = executed[(statement ?? executed.length) - 1];
      if (!at) {
        status.textContent =
          call.step === 0 ? 'Nothing has run yet.' : 'This step runs no line of the ported files.';
        panes.replaceChildren();
        return;
      }
      status.replaceChildren(
        ...(statement === null
          ? [
              `The call ran ${String(executed.length)} statements; the last one is marked. Step through them with `,
              ...[el('kbd', {}, ','), ' and ', el('kbd', {}, '.')],
            ]
          : [
              `Statement ${String(statement)} of ${String(executed.length)}. The other panels show what was before the call.`,
            ]),
      );
      const windows = [pane('TypeScript', codeWindow(ours, at, executed), contract.links)];
      const c = contract.c?.lines[`${at.path}:${String(at.line)}`];
      if (c) windows.push(pane('C', codeWindow(theirs, c, [c]), contract.links));
      panes.replaceChildren(...windows);
    },
  };
}
