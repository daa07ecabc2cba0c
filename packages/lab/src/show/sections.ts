// SPDX-License-Identifier: GPL-2.0-only
// The sections of a page, and the list of contents that leads to them.

import { type Html, html } from './html';

export interface Section {
  /**
   * What a link to it names. Links last: the id says what the section is about, never where it stands, and is not
   * renamed. Letters, digits and `-._:`, unique on its page; `linkName` makes one of other text.
   */
  readonly id: string;
  readonly title: string;
  /** A word about the section beside its title. */
  readonly tag?: string;
  readonly body: Html;
  /** Of its heading; 2 unless given. The list of contents has levels 2 and 3. */
  readonly level?: 2 | 3 | 4;
}

/** Any text as a part of an id; other texts give other ids. */
export function linkName(text: string): string {
  return text.replace(
    /[^A-Za-z0-9.:-]/gu,
    (c) => `_${(c.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}_`,
  );
}

/**
 * A section with others below it.
 * @param prefix of their ids, where a page could have two of the same
 */
export function sectionWith(
  section: Section,
  others: readonly Section[],
  prefix = '',
): readonly Section[] {
  return [
    section,
    ...others.map((one) => ({
      ...one,
      id: `${prefix}${one.id}`,
      level: (one.level ?? 2) === 2 ? (3 as const) : (4 as const),
    })),
  ];
}

export function sectionHtml(section: Section): Html {
  const { id, body, level = 2 } = section;
  return html`<section id="${id}">
    ${level === 2 ? html`<h2>${heading(section)}</h2>` : level === 3 ? html`<h3>${heading(section)}</h3>` : html`<h4>${heading(section)}</h4>`}
    ${body}
  </section>`;
}

function heading({ id, title, tag }: Section): Html {
  return html`${title}${tag === undefined ? html`` : html` <span class="tag">${tag}</span>`}<a
      class="self"
      href="#${id}"
      aria-label="Link to: ${title}"
    ></a>`;
}

/** @throws Error for an id that is none */
export function contents(sections: readonly Section[]): Html {
  for (const { id } of sections)
    if (!/^[A-Za-z][\w.:-]*$/.test(id)) throw new Error(`'${id}' is no id of a section`);
  const groups: { first: Section; below: Section[] }[] = [];
  for (const section of sections) {
    const { level = 2 } = section;
    const last = groups.at(-1);
    if (level === 2 || !last) groups.push({ first: section, below: [] });
    else if (level === 3) last.below.push(section);
  }
  const items = groups.map(({ first, below }) => html`<li>${link(first)} ${links(below)}</li>`);
  return html`<nav class="contents" aria-label="Contents">
    <p>Contents</p>
    <ul>
      ${items}
    </ul>
  </nav>`;
}

/** Of a section's list of contents: more links than this are folded, so that a phone shows the page's beginning. */
const MOST_LINKS = 12;

function links(below: readonly Section[]): Html {
  if (below.length === 0) return html``;
  const list = html`<ul>
    ${below.map((one) => html`<li>${link(one)}</li>`)}
  </ul>`;
  return below.length <= MOST_LINKS
    ? list
    : html`<details>
        <summary>Its ${String(below.length)} parts</summary>
        ${list}
      </details>`;
}

function link({ id, title }: Section): Html {
  return html`<a href="#${id}">${title}</a>`;
}
