// SPDX-License-Identifier: GPL-2.0-only
// The play page as one HTML file that needs nothing else and may fetch nothing.

import { an_object, check_options, either, needed, one_of } from '@iommu-bounce/linux-shim/options';
import { ReadError } from '../read-error';
import { sha256 } from '../html/files';
import { escapeHtml } from '../html/html';
import { contentPolicy } from '../html/policy';
import { visibleLine } from '../syntax/hidden';
import { compressed, playScripts, playSources } from './files';
import type { PlayC, PlayContract, PlaySite } from './contract';
import { type PlayData, type PlaySource, itemsOf } from './play-data';
import { PLAY_STYLE } from './style';

export interface PlayPageInput {
  readonly source: PlaySource;
  /** Where to begin. Default: the first item, step 0. */
  readonly start?: Partial<PlayContract['start']>;
  /** The C beside it. Default: none. */
  readonly c?: PlayC | null;
  /** The site that the page is one of. Default: none. */
  readonly site?: PlaySite | null;
}

/** A start that the source does not have. */
export class PlayStartError extends ReadError {
  constructor(
    readonly of: 'item' | 'step',
    /** Without the name of what is wrong: `999: expected 0 to 8`. */
    readonly reason: string,
  ) {
    super(`${of} ${reason}`);
  }
}

/** What the page is known by, so that a later run may replace it. */
const GENERATOR = 'iommu-bounce';

/**
 * The same input gives the same text.
 * @throws ReadError if the source's text is no transcript
 * @throws PlayStartError if the source has no such item or step to start at
 */
export function playPage(input: PlayPageInput): string {
  check_options('playPage', input, {
    source: needed(an_object),
    start: an_object,
    c: either('an object, or null', an_object, one_of(null)),
    site: either('an object, or null', an_object, one_of(null)),
  });
  const { source, c = null, site = null } = input;
  const data: PlayData = {
    source: shared(source),
    start: startOf(input),
    sources: playSources(),
    c,
    links: site?.links ?? {},
  };
  const script = pageScript();
  const title = source.kind === 'scenarios' ? 'The pool at work' : source.title;
  const policy = contentPolicy(sha256(script), sha256(PLAY_STYLE));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="${GENERATOR}">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escapeHtml(visibleLine(title))}</title>
<style>${PLAY_STYLE}</style>
</head>
<body>
${site ? bar(site) : ''}<main id="play"><noscript>This page runs the ported code: it needs JavaScript.</noscript></main>
<script type="text/plain" id="play-data">${compressed(JSON.stringify(data))}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** The bar of the site's other pages. */
function bar({ nav }: PlaySite): string {
  const links = nav.map(({ href, text, title }) => {
    const here = href === 'play.html' ? ' aria-current="page"' : '';
    return `<a href="${escapeHtml(href)}" title="${escapeHtml(title)}"${here}>${escapeHtml(text)}</a>`;
  });
  return `<nav id="site" aria-label="Pages">${links.join('')}</nav>\n`;
}

/** Runs a transcript or trace to its end once, so that a page that cannot work is not written. */
function startOf({ source, start = {} }: PlayPageInput): PlayContract['start'] {
  const items = itemsOf(source);
  const item = start.item === undefined ? items[0] : items.find(({ name }) => name === start.item);
  if (!item)
    throw new PlayStartError(
      'item',
      `'${String(start.item)}': expected one of ${items.map(({ name }) => name).join(', ')}`,
    );
  const step = start.step ?? 0;
  const steps = item.open();
  const { length } = steps;
  if (!Number.isInteger(step) || step < 0 || step > length)
    throw new PlayStartError('step', `${String(step)}: expected 0 to ${String(length)}`);
  if (source.kind !== 'scenarios') steps.frame(length);
  return { item: item.name, step };
}

/** The page is for others too: no folders of this machine are in it. */
function shared(source: PlaySource): PlaySource {
  return 'name' in source ? { ...source, name: source.name.replace(/^.*[/\\]/u, '') } : source;
}

/** One script, so that nothing of it is global. */
function pageScript(): string {
  const [play, page] = playScripts();
  const text = `(()=>{"use strict";${play}${page}
const root=document.getElementById("play");
const data=document.getElementById("play-data").textContent;
iommuBouncePlay.contractFrom(data).then(
(contract)=>{root.textContent="";iommuBouncePlayPage.start(contract,root);},
(error)=>{root.textContent="This page cannot be shown: "+error;}
);})();`;
  if (/<\/script|<!--/i.test(text)) throw new Error('a script that would end its own element');
  return text;
}
