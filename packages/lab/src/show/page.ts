// SPDX-License-Identifier: GPL-2.0-only
// The frame of every report: one HTML file that needs nothing else and may fetch nothing.

import { createHash } from 'node:crypto';
import { VERSION } from '../package';
import { Html, html } from './html';
import { type Section, contents, sectionHtml } from './sections';
import { STYLE } from './style';

/** What a report of ours is known by. */
export const GENERATOR = 'iommu-bounce';

export interface Page {
  readonly title: string;
  /** The answer to what the reader came for; stands before everything else. */
  readonly lead: Html;
  /** In the order of reading; "What was run" and "Licences" follow them. */
  readonly sections: readonly Section[];
  readonly run: Run;
  /** Of what the page carries beside our own work. */
  readonly licences?: Html;
  /** Rules beside the usual ones. */
  readonly style?: Html;
  /** Data for the scripts, by the id of the element that holds them as JSON. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** Ours and libraries'; run in turn at the end of the page. */
  readonly scripts?: readonly string[];
}

/** How to make the page again. */
export interface Run {
  /** The command line, as a shell takes it; without --report, which the page names beside it. */
  readonly command: string;
  /** Whether the command has a --report at all; it has, unless false. */
  readonly hasReport?: boolean;
  /** Files, settings and whatever else the figures depend on. */
  readonly body?: Html;
}

/** The same page gives the same text, whenever and wherever. */
export function pageText(page: Page): string {
  const scripts = page.scripts ?? [];
  const sections = [...page.sections, runSection(page.run), licencesSection(page.licences)];
  const main = html`<main>
    <h1>${page.title}</h1>
    ${page.lead} ${contents(sections)} ${sections.map(sectionHtml)}
  </main>`;
  const data = Object.entries(page.data ?? {});
  checkIds(
    main,
    data.map(([id]) => id),
  );
  const head = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="generator" content="${GENERATOR} ${VERSION}" />
        <meta http-equiv="Content-Security-Policy" content="${policy(scripts)}" />
        <title>${page.title}</title>
        <style>
          ${STYLE} ${page.style ?? html``}
        </style>
      </head>
      <body>
        ${main} ${data.map(([id, value]) => dataElement(id, value))}
        ${scripts.map((text) => new Html(`<script>${checked(text)}</script>\n`))}
      </body>
    </html> `;
  return head.text;
}

function runSection({ command, hasReport = true, body = html`` }: Run): Section {
  const more = hasReport
    ? html`<p>With <code>--report FILE.html</code> it writes this page.</p>`
    : html``;
  return {
    id: 'run',
    title: 'What was run',
    body: html`<p><code class="command">${command}</code></p>
      ${more}
      <p>Version: ${GENERATOR} ${VERSION}.</p>
      ${body}`,
  };
}

function licencesSection(others = html``): Section {
  return {
    id: 'licences',
    title: 'Licences',
    body: html`<p>This page: GPL-2.0-only.</p>
      ${others}`,
  };
}

/** A script finds its data, and a link its section, only where no other element has the id. */
function checkIds(main: Html, others: readonly string[]): void {
  const ids = [...main.text.matchAll(/\sid="([^"]*)"/g)].map(([, id = '']) => id);
  const seen = new Set<string>();
  for (const id of [...ids, ...others]) {
    if (seen.has(id)) throw new Error(`two elements of the page have the id '${id}'`);
    seen.add(id);
  }
}

/** Nothing from anywhere; of scripts just these, so that one that got into the page would not run. */
function policy(scripts: readonly string[]): string {
  const hashes = scripts.map(
    (text) => ` 'sha256-${createHash('sha256').update(text).digest('base64')}'`,
  );
  return (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'" +
    (hashes.length > 0 ? `; script-src${hashes.join('')}` : '')
  );
}

function dataElement(id: string, data: unknown): Html {
  // In JSON these stand in strings only; there they may be written so.
  const text = JSON.stringify(data).replace(/[<>&\p{Cf}\u2028\u2029]/gu, (c) =>
    c.length === 1 ? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}` : '\\ufffd',
  );
  return html`<script type="application/json" id="${id}">
    ${new Html(text)}
  </script>`;
}

function checked(script: string): string {
  if (/<\/script|<!--/i.test(script)) throw new Error('a script that would end its own element');
  return script;
}
