// SPDX-License-Identifier: GPL-2.0-only
// The frame of every page: the list of contents and the ids that its links name.

import { expect } from 'chai';
import { type Page, pageText } from '../../src/show/page';
import { linkName, sectionWith } from '../../src/show/sections';
import { html } from '../../src/show/html';
import { sectionsOf } from './sections-of';

const PAGE: Page = {
  title: 'Title',
  lead: html`<p>The answer</p>`,
  sections: [
    { id: 'one', title: 'One', body: html`<p>1</p>` },
    ...sectionWith({ id: 'two', title: '<Two>', body: html`<p>2</p>` }, [
      { id: 'below', title: 'Below', tag: 'simulated', body: html`<p>3</p>` },
    ]),
  ],
  run: { command: `iommu-bounce replay 'a <b>'` },
};

/** The links of the list of contents. */
function linksOf(page: string): string[] {
  const nav = /<nav class="contents"[^]*?<\/nav>/.exec(page)?.[0] ?? '';
  return [...nav.matchAll(/<a href="#([^"]*)">/g)].map(([, id = '']) => id);
}

describe('pageText', () => {
  it('lists its sections, the answer before them, what was run and the licences last', () => {
    const page = pageText(PAGE);
    expect(linksOf(page)).to.deep.equal(['one', 'two', 'below', 'run', 'licences']);
    expect(sectionsOf(page)).to.deep.equal(linksOf(page));
    expect(page.match(/<h3>/g)).to.have.length(1);
    expect(page.indexOf('The answer')).to.be.within(0, page.indexOf('<nav'));
    expect(page).to.match(/href="#below"\s+aria-label="Link to: Below"/);
  });

  it('folds a long list below a section, and no short one', () => {
    const below = Array.from({ length: 13 }, (_, i) => ({
      ...{ id: `part-${String(i)}`, title: `Part ${String(i)}`, body: html`` },
    }));
    const pageOf = (count: number): string =>
      pageText({
        ...PAGE,
        sections: sectionWith({ id: 'all', title: 'All', body: html`` }, below.slice(0, count)),
      });
    expect(pageOf(12)).not.to.include('<details>');
    expect(pageOf(13)).to.include('<summary>Its 13 parts</summary>');
    expect(linksOf(pageOf(13))).to.deep.equal(sectionsOf(pageOf(13)));
  });

  it('has the command line, and how it makes a page', () => {
    const page = pageText(PAGE);
    expect(page).to.include(
      '<code class="command">iommu-bounce replay &#39;a &lt;b&gt;&#39;</code>',
    );
    expect(page).to.include('<code>--report FILE.html</code>');
    const itself = pageText({ ...PAGE, run: { command: 'demo', hasReport: false } });
    expect(itself).not.to.include('--report');
  });

  it('refuses ids that would not last: none, and one of two', () => {
    expect(() => pageText({ ...PAGE, data: { one: 1 } })).to.throw('two elements');
    const body = html``;
    for (const ids of [['a b'], ['1'], ['a', 'a'], ['run']])
      expect(() =>
        pageText({ ...PAGE, sections: ids.map((id) => ({ id, title: id, body })) }),
      ).to.throw(/no id|two elements/);
  });
});

describe('linkName', () => {
  it('keeps names of devices readable, and two names apart', () => {
    expect(linkName('0000:00:04.0')).to.equal('0000:00:04.0');
    expect(linkName('a b_c"é')).to.equal('a_20_b_5f_c_22__e9_');
    expect(linkName('a_20_b')).not.to.equal(linkName('a b'));
  });
});
