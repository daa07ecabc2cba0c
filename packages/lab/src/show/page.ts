// SPDX-License-Identifier: GPL-2.0-only
// The frame of every report: one HTML file that needs nothing else and may fetch nothing.

import { createHash } from 'node:crypto';
import { VERSION } from '../package';
import { Html, html } from './html';
import { STYLE } from './style';

/** What a report of ours is known by. */
export const GENERATOR = 'iommu-bounce';

export interface Page {
  readonly title: string;
  readonly body: Html;
  /** Rules beside the usual ones. */
  readonly style?: Html;
  /** Data for the scripts, by the id of the element that holds them as JSON. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** Ours and libraries'; run in turn at the end of the page. */
  readonly scripts?: readonly string[];
}

/** The same page gives the same text, whenever and wherever. */
export function pageText(page: Page): string {
  const scripts = page.scripts ?? [];
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
        <main>
          <h1>${page.title}</h1>
          ${page.body}
        </main>
        ${Object.entries(page.data ?? {}).map(([id, data]) => dataElement(id, data))}
        ${scripts.map((text) => new Html(`<script>${checked(text)}</script>\n`))}
      </body>
    </html> `;
  return head.text;
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
