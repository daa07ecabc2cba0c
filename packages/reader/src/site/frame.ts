// SPDX-License-Identifier: GPL-2.0-only
// What all pages of the site have: the content policy, the bar on top, the dialogs for search and help.

import { type Html, escapeHtml, markup, jsonElement } from '../html/html';
import { contentPolicy } from '../html/policy';
import { KEYS } from './keys';

/** The one script and the one style of all pages, and the base64 of their SHA-256. */
export interface PageAssets {
  readonly script: string;
  readonly scriptHash: string;
  readonly style: string;
  readonly styleHash: string;
}

/** A link of the bar. */
export interface NavLink {
  readonly href: string;
  readonly text: string;
  /** What a screen reader says more, and the tip. */
  readonly title: string;
  readonly key?: string;
}

export interface PageParts {
  /** Its file name in the site. */
  readonly page: string;
  readonly title: string;
  /** Beside the title: the state. */
  readonly note: string;
  /** What kind of page the script has before it. */
  readonly kind: 'file' | 'patch' | 'text';
  /** Whether both sides have something: then there are buttons for them. */
  readonly sides: boolean;
  readonly main: Html;
  /** The index of names for the page's script, as JSON. */
  readonly names: string;
}

/** What is the same on every page of one site. */
export interface SiteFrame {
  readonly assets: PageAssets;
  readonly nav: readonly NavLink[];
}

export function pageText(frame: SiteFrame, parts: PageParts): string {
  const { assets } = frame;
  const links = frame.nav.map(({ href, text, title, key }) => {
    const here = href === parts.page ? markup` aria-current=page` : markup``;
    const shortcut = key === undefined ? markup`` : markup` data-key="${key}"`;
    return markup`<a href="${href}" title="${title}"${here}${shortcut}>${text}</a>`;
  });
  const body = markup`<body class="${parts.kind}">
<a class=skip href=#main>Skip to the content</a>
<header>
<nav aria-label="Pages">${links}</nav>
<div class=bar><button id=-menu type=button aria-expanded=false aria-label="Pages">☰</button><div class=title><h1>${titleHtml(parts)}</h1><span class=note>${parts.note}</span></div>
<button id=-here type=button hidden></button>
${parts.sides ? SIDES : markup``}<button id=-search type=button aria-label="Search"><span>Search </span><kbd>/</kbd></button><button id=-help type=button aria-label="Help and keys"><kbd>?</kbd></button></div>
</header>
<main id=main tabindex=-1>
${parts.main}
</main>
${DIALOGS}
<p id=-say class=v role=status></p>
`;
  return [
    '<!doctype html><html lang=en><meta charset=utf-8>',
    '<meta name=viewport content="width=device-width,initial-scale=1">',
    `<meta http-equiv=Content-Security-Policy content="${contentPolicy(assets.scriptHash, assets.styleHash)}">`,
    `<title>${escapeHtml(parts.title)}</title><style>${assets.style}</style>\n`,
    body.text,
    jsonElement('-names', parts.names).text,
    `<script>${assets.script}</script>\n`,
  ].join('');
}

/** The folders of a path go where there is no room for them. */
function titleHtml({ title, kind }: PageParts): Html {
  const name = title.lastIndexOf('/') + 1;
  if (kind !== 'file' || name === 0) return markup`${title}`;
  return markup`<span>${title.slice(0, name)}</span>${title.slice(name)}`;
}

const SIDES = markup`<div class=sides role=group aria-label="Sides"><button type=button data-side=b aria-pressed=true>Both</button><button type=button data-side=c aria-pressed=false>C</button><button type=button data-side=t aria-pressed=false>TypeScript</button></div>
`;

const DIALOGS = markup`<dialog id=-find aria-label="Search"><form method=dialog><label class=v for=-q>Name in the C or the TypeScript</label><input id=-q type=search autocomplete=off spellcheck=false placeholder="Function, struct, field, constant" role=combobox aria-expanded=true aria-controls=-hits aria-autocomplete=list><button>Close <kbd>Esc</kbd></button></form><ul id=-hits role=listbox aria-label="Names found"></ul><p id=-count class=hint></p></dialog>
<dialog id=-keys aria-label="Help"><form method=dialog><h2>Keys</h2><button>Close <kbd>Esc</kbd></button></form><table><tbody>${KEYS.map(
  ({ keys, does }) => markup`<tr><th scope=row>${keyNames(keys)}</th><td>${does}</td></tr>`,
)}</tbody></table><p class=hint>A click on a line marks its counterpart, and the address becomes its link: NAME.c12 is line 12 of NAME in the C, NAME.t12 in the TypeScript. A click on a name goes to its definition. On a phone a swipe changes the side.</p></dialog>`;

/** Many successive keys: the first and the last. */
function keyNames(keys: readonly string[]): Html {
  const [first = '', last = ''] = [keys[0], keys.at(-1)];
  return keys.length < 3
    ? markup`${keys.map((key) => markup`<kbd>${key}</kbd> `)}`
    : markup`<kbd>${first}</kbd> … <kbd>${last}</kbd>`;
}
