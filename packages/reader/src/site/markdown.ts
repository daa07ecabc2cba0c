// SPDX-License-Identifier: GPL-2.0-only
// Markdown of our documents as HTML: no raw HTML gets through, and links lead into the site or to the documents.

import { Marked, type Tokens } from 'marked';
import { Html, escapeHtml } from '../html/html';
import { visible } from '../syntax/hidden';

/** The documents as they are published: what a relative link in one leads to. */
const DOCUMENTS = 'https://github.com/iommu-bounce/iommu-bounce/blob/main/docs/';

/**
 * @param pageLink what `#anchor` or a document's name is in this site; null for what is not in it
 */
export function markdown(text: string, pageLink: (href: string) => string | null): Html {
  const marked = new Marked({
    gfm: true,
    renderer: {
      html: ({ text: raw }: Tokens.HTML | Tokens.Tag) => escapeHtml(raw),
      image: ({ text: alternative }: Tokens.Image) => escapeHtml(alternative),
      heading({ tokens, depth }: Tokens.Heading) {
        const level = String(Math.min(depth + 1, 6));
        return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>`;
      },
      link({ href, tokens }: Tokens.Link) {
        const inner = this.parser.parseInline(tokens);
        const target = safeTarget(href, pageLink);
        return target === null ? inner : `<a href="${escapeHtml(target)}">${inner}</a>`;
      },
      code: ({ text: code }: Tokens.Code) =>
        `<pre tabindex=0><code>${escapeHtml(code)}</code></pre>`,
      table(token: Tokens.Table) {
        const inline = (cell: Tokens.TableCell): string => this.parser.parseInline(cell.tokens);
        const head = token.header.map((cell) => `<th scope=col>${inline(cell)}</th>`).join('');
        const rows = token.rows.map(
          (cells) => `<tr>${cells.map((cell) => `<td>${inline(cell)}</td>`).join('')}</tr>`,
        );
        return `<div class=scroll tabindex=0><table class=list><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
      },
    },
  });
  // Marked escapes what it prints; hidden characters it would let through.
  return new Html(marked.parse(visible(text), { async: false }));
}

function safeTarget(href: string, pageLink: (href: string) => string | null): string | null {
  const inside = pageLink(href);
  if (inside !== null) return inside;
  if (/^https?:\/\//.test(href)) return href;
  if (/^[a-z][a-z\d+.-]*:/i.test(href) || href.startsWith('//')) return null;
  if (href.startsWith('#')) return null;
  return new URL(href, DOCUMENTS).href;
}
