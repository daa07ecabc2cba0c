// SPDX-License-Identifier: GPL-2.0-only
// The first page: what one can do here, and the contents by patch, file and function.

import type { CheckResult } from '../check/difference';
import type { Series } from '../series/series';
import { hasSide } from './file-page';
import { type Html, markup } from '../html/html';
import { count } from '../words';
import { CHECK_PAGE, FINDINGS_PAGE, type Notes } from './notes';
import { type PatchPart, loreLink, pageOfPatch } from './patch-page';
import { checkSummary } from './text-pages';
import type { FileView } from './view';

export interface IndexInput {
  readonly series: Series | null;
  readonly views: readonly FileView[];
  /** Of each patch what it changed. */
  readonly parts: readonly (readonly PatchPart[])[];
  readonly check: CheckResult | null;
  readonly notes: Notes;
  readonly play: boolean;
  /** Of the series and the tree: what could not be read or applied, one line each. */
  readonly seriesNotes: readonly string[];
  /** For each file of the C whether it is the expected version. */
  readonly versions: readonly string[];
}

export function indexPage(input: IndexInput): Html {
  const { series, views, check, notes, seriesNotes, versions } = input;
  return markup`<div class=doc>${lead(input)}
${series ? patchCards(series, input.parts) : markup``}
<h2 id=files>By file</h2>${fileTable(views, notes)}
${check ? markup`<h2 id=check>The check</h2>${checkSummary(check)}<p><a href="${CHECK_PAGE}">All differences, the unexplained first</a></p>` : markup``}
${listOf('versions', 'Versions of the C', versions)}${listOf('notes', 'Not used', seriesNotes)}
<h2 id=functions>By function</h2>${functionLists(views)}</div>`;
}

function listOf(id: string, title: string, texts: readonly string[]): Html {
  if (texts.length === 0) return markup``;
  return markup`<h2 id="${id}">${title}</h2><ul>${texts.map((text) => markup`<li>${text}`)}</ul>`;
}

function lead({ series, notes, play }: IndexInput): Html {
  const what = series
    ? markup`<p class=lead>The C of <b>${series.subject}</b> beside the TypeScript that mirrors it, aligned statement by statement.</p>`
    : markup`<p class=lead>The TypeScript port of the series, with the places in the C that it mirrors. Give the mails with <code>--series</code>, and a kernel tree with <code>--kernel</code>, to see the C beside it.</p>`;
  const findings = count(notes.margin.findings.length, 'finding');
  const deviations = count(notes.margin.deviations.length, 'deviation');
  return markup`${what}<ul class=can>
<li>Read a file whole: each line has the colour of the patch that wrote it; a click marks its counterpart.
${series ? markup`<li>Read a patch: what it changed in the C, and what that changed in the TypeScript.` : markup``}
<li><button id=-open type=button>Search</button> any function, struct, field or constant of both languages (<kbd>/</kbd>). <kbd>?</kbd> lists all keys.
<li>Look up <a href="${FINDINGS_PAGE}">${findings} and ${deviations}</a>; their numbers are beside the code.
${play ? markup`<li><a href=play.html>The pool at work</a>: the ported code runs in the page, call by call.` : markup``}</ul>`;
}

function patchCards(
  { patches, cover, before }: Series,
  parts: readonly (readonly PatchPart[])[],
): Html {
  const cards = patches.slice(0, parts.length).map((patch, i) => {
    const page = pageOfPatch(patch);
    const functions = (parts[i] ?? []).filter(({ name }) => name !== null);
    const mail =
      patch.messageId === null
        ? markup``
        : markup` · <a href="${loreLink(patch.messageId)}" rel=noreferrer>mail</a>`;
    const files = patch.files.map(({ path }) => {
      const own = functions.filter(({ cPath }) => cPath === path);
      const list = own.map(({ id, title }) => markup`<li><a href="${page}#${id}">${title}</a>`);
      return markup`<li><code>${path}</code>${own.length > 0 ? markup`<ul class=row>${list}</ul>` : markup``}`;
    });
    return markup`<article class="card w p${patch.number}"><h3><a href="${page}">Patch ${patch.number}: ${patch.subject}</a></h3><p class=hint>${count(functions.length, 'function')} changed${mail}</p><details><summary>${count(patch.files.length, 'file')}</summary><ul class=tree>${files}</ul></details></article>`;
  });
  const mails = [
    ...(cover?.messageId
      ? [
          markup`<li><a href="${loreLink(cover.messageId)}" rel=noreferrer>Cover letter: ${cover.subject}</a>`,
        ]
      : []),
    ...before.map(({ messageId, subject }) =>
      messageId === null
        ? markup`<li>Earlier: ${subject}`
        : markup`<li>Earlier: <a href="${loreLink(messageId)}" rel=noreferrer>${subject}</a>`,
    ),
  ];
  return markup`<h2 id=patches>By patch</h2><div class=cards>${cards}</div>${mails.length > 0 ? markup`<ul>${mails}</ul>` : markup``}`;
}

function fileTable(views: readonly FileView[], notes: Notes): Html {
  const rows = views.map((view) => {
    const functions = view.sections.filter(({ kind }) => kind === 'function');
    const ported = functions.filter(({ c, ts }) => c !== null && ts !== null).length;
    const marks = new Set(
      [...view.ts.values()].flatMap(({ number }) =>
        notes
          .marks(view.tsPath ?? '', number)
          .filter(({ kind }) => kind === 'finding')
          .map((mark) => mark.number),
      ),
    );
    const counts = hasSide(view, 'c')
      ? markup`<td class=n>${view.c.size}</td><td class=n>${view.ts.size}</td><td class=n>${functions.length}</td><td class=n>${ported}</td>`
      : markup`<td class=n>–</td><td class=n>${view.ts.size}</td><td class=n>${functions.length}</td><td class=n>–</td>`;
    return markup`<tr><th scope=row><a href="${hrefOf(view)}">${view.cPath}</a></th><td>${view.tsPath ?? '–'}</td>${counts}<td class=n>${marks.size}</td></tr>`;
  });
  const heads = [
    'C file',
    'TypeScript',
    'lines of C',
    'lines of TypeScript',
    'functions',
    'on both sides',
    'findings',
  ];
  return markup`<div class=scroll tabindex=0><table class=list><thead><tr>${heads.map((head) => markup`<th scope=col>${head}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

function hrefOf({ page, packageName, sections: [first] }: FileView): string {
  return packageName === null || !first ? page : `${page}#${first.id}`;
}

function functionLists(views: readonly FileView[]): Html {
  const lists = views.map((view) => {
    const names = view.sections.filter(({ name }) => name !== null);
    if (names.length === 0) return markup``;
    const items = names.map(
      ({ id, name, c, ts }) =>
        markup`<li${c !== null && ts === null ? markup` class=no` : markup``}><a${id === name ? markup`` : markup` href="${view.page}#${id}"`}>${name ?? ''}</a>`,
    );
    return markup`<details><summary>${view.cPath}${view.tsPath === null ? '' : ` – ${view.tsPath}`} (${names.length})</summary><ul class=names data-page="${view.page}">${items}</ul></details>`;
  });
  return markup`<p class=hint>Names in grey have no counterpart in the port.</p>${lists}`;
}
