// SPDX-License-Identifier: GPL-2.0-only

import { expect } from 'chai';
import { report } from '../../src/reports';
import { tables } from '../../src/tables/replay';
import { escapeHtml, html, htmlTable } from '../../src/show/html';
import { change, count, share, wholeBytes } from '../../src/show/format';
import { replayText, TraceWriter } from '../replay/helpers';
import { sectionsOf } from './sections-of';

const HOSTILE = '<script>alert(1)</script>&"\'';

/** A trace with a device and a task that want to get into the page. */
function hostileTrace(): string {
  return new TraceWriter(`<i>${HOSTILE}</i>-9`)
    .mapPage(0xfff00000, 0x1000, 4096, HOSTILE)
    .line('not an event at all')
    .text.replace('# tracer: nop', `${HOSTILE}\n# tracer: nop`);
}

describe('report', () => {
  it('escapes what comes from the trace', async () => {
    const document = await replayText(hostileTrace());
    expect(document.states[0]?.devices[0]?.device).to.equal(HOSTILE);
    const page = report(
      [{ heading: HOSTILE, document: { ...document, files: [HOSTILE] } }],
      HOSTILE,
    );
    expect(page).not.to.include('<script');
    expect(page).not.to.include('<i>');
    expect(page).to.include('&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;');
  });

  it('needs nothing but itself', async () => {
    const page = report(
      [
        {
          heading: 'x',
          document: await replayText(new TraceWriter().mapPage(0xfff00000, 0x1000).text),
        },
      ],
      'x',
    );
    expect(page).not.to.match(/<(?:script|link|img|iframe|object|embed|base)\b/i);
    expect(page).not.to.match(/\bsrc\s*=|\bhref\s*=\s*.(?!#)|url\(|@import|https?:/i);
    expect(page).to.match(/^<!doctype html>/);
    expect(page).to.include('<meta name="viewport" content="width=device-width, initial-scale=1"');
    expect(page).to.include('<html lang="en">');
  });

  it('shows what left the guest, where there is one', async () => {
    const { text } = new TraceWriter().mapPage(0xfff00000, 0x1000);
    for (const [driver, figures] of [
      ['virtio', 2],
      ['table', 0],
    ] as const) {
      const document = await replayText(text, { driver });
      const page = report([{ heading: 'x', document }], 'x');
      expect(page.match(/exits from the guest/gi) ?? []).to.have.length(figures);
      expect(page).to.include(`replayed on ${driver === 'virtio' ? 'virtio-iommu' : 'a table'}`);
    }
  });

  it('has the answer first, and sections whose links last', async () => {
    const { text } = new TraceWriter()
      .mapPage(0xfff00000, 0x1000, 4096, '0000:00:05.0')
      .mapPage(0xffe00000, 0x2000, 4096, 'a <b>');
    const document = await replayText(text, { costs: true });
    const page = report([{ heading: 'x', document }], 'x');
    // Links that others made lead to these: an id may be added, none may change.
    expect(sectionsOf(page)).to.deep.equal([
      ...['cpu-time', 'device-0000:00:05.0', 'device-a_20__3c_b_3e_', 'mappings', 'capture'],
      ...['agreement', 'plain-path', 'notes', 'limits', 'run', 'licences'],
    ]);
    expect(page).to.match(/<h1>[^<]*<\/h1>\s*<p class="answer">[^<]*µs of CPU/);
    const several = [
      { id: 'a', heading: 'A', document },
      { id: 'b', heading: 'B', document },
    ];
    expect(sectionsOf(report(several, 'x'))).to.include.members(['a', 'a-capture', 'b-capture']);
  });

  it('draws a bar for what is counted, none for a zero, and says of what', async () => {
    const document = await replayText(new TraceWriter().mapPage(0xfff00000, 0x1000).text);
    const page = report([{ heading: 'x', document }], 'x').replace(/\s+/g, ' ');
    const values = [...page.matchAll(/<span class="value">(.*?)<\/span>/g)].map(([, all = '']) => [
      all.includes('<svg'),
      all.replace(/<svg.*<\/svg>/, '').trim(),
    ]);
    expect(values).to.deep.include([true, '1 map']).and.to.deep.include([false, '0 unmaps']);
    for (const [isDrawn, text] of values)
      expect(isDrawn, String(text)).to.equal(!String(text).startsWith('0 '));
  });

  it('is the same each time', async () => {
    const make = async (): Promise<string> => {
      const document = await replayText(new TraceWriter().mapPage(0xfff00000, 0x1000).text);
      // Notes name the file, which has another name each time.
      return report([{ heading: 'x', document: { ...document, files: ['x'], notes: [] } }], 'x');
    };
    expect(await make()).to.equal(await make());
  });

  it('closes every element that it opens', async () => {
    const page = report([{ heading: 'x', document: await replayText(hostileTrace()) }], 'x');
    const open: string[] = [];
    for (const [, end, name = ''] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*?>/g)) {
      if (['meta', 'rect'].includes(name)) continue;
      if (end === '/') expect(open.pop()).to.equal(name);
      else open.push(name);
    }
    expect(open).to.deep.equal([]);
  });
});

describe('tables', () => {
  it('print no control characters of the trace', async () => {
    const name = 'dev\u001b[31mred';
    const document = await replayText(
      new TraceWriter().mapPage(0xfff00000, 0x1000, 4096, name).text,
    );
    const out = tables({ ...document, files: ['a\u0007b'] });
    expect(out.replaceAll('\n', '')).not.to.match(/\p{Cc}/u);
  });
});

describe('htmlTable', () => {
  it('names the column in each cell, for where rows are folded', () => {
    const { text } = htmlTable(['', HOSTILE, 'n'], [['a', html`<b>1</b>`, HOSTILE]], 2);
    expect(text).to.include('<th scope="row" class="text" >a</th>');
    expect(text).to.include(`<td class="text" data-label="${escapeHtml(HOSTILE)}"><b>1</b></td>`);
    expect(text).to.include(`<td class="number" data-label="n">${escapeHtml(HOSTILE)}</td>`);
    expect(text).to.include(`aria-label="Table: ${escapeHtml(HOSTILE)}, n"`);
    expect(text).not.to.include('<script');
  });
});

describe('html', () => {
  it('escapes text and keeps what it made', () => {
    expect(html`<p title="${'"x"'}">${'<&>'} ${html`<b>${1}</b>`}</p>`.text).to.equal(
      '<p title="&quot;x&quot;">&lt;&amp;&gt; <b>1</b></p>',
    );
    expect(escapeHtml('a\u0000b\u202ec')).to.equal('a\ufffdb\ufffdc');
  });
});

describe('figures in words', () => {
  it('group digits', () => {
    expect([0, 999, 1000, 32000, 1234567].map(count)).to.deep.equal([
      '0',
      '999',
      '1,000',
      '32,000',
      '1,234,567',
    ]);
  });

  it('choose a unit', () => {
    expect([0, 10239, 10240, 10 * 2 ** 20, 10 * 2 ** 30].map(wholeBytes)).to.deep.equal([
      '0 B',
      '10,239 B',
      '10 KiB',
      '10 MiB',
      '10 GiB',
    ]);
  });

  it('never round a difference away', () => {
    expect(share(99_999, 100_000)).to.equal('99,999 of 100,000 (99.99 %)');
    expect(share(5, 5)).to.equal('5 of 5 (100.00 %)');
    expect(share(0, 0)).to.equal('none compared');
  });

  it('show changes', () => {
    expect(change(100, 6)).to.equal('-94.0 %');
    expect(change(2, 3)).to.equal('+50.0 %');
    expect(change(0, 3)).to.equal('');
  });
});
