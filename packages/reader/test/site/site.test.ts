// SPDX-License-Identifier: GPL-2.0-only
import { createHash } from 'node:crypto';
import { expect } from 'chai';
import type { PlaySite } from '../../src/play/contract';
import fc from 'fast-check';
import { type SiteInput, buildSite } from '../../src/site/site';
import { type Texts, PLAIN, handInput } from './hand-input';
import { OUR_SERIES, makeInput, withoutSeries } from './make-input';
import { type CodeLine, idsOf, linksOf, rowsOf, tagsOf, withoutScripts } from './read-html';

const LONG = process.env['TEST_LONG'] === '1';
const TAGS = new Set(
  'html meta title style body a header nav div h1 h2 h3 span button kbd main section details summary table thead tbody col tr td th i q b mark ins del p ul ol li article code pre em strong dialog form label input script br hr h4 h5 h6 blockquote'.split(
    ' ',
  ),
);
/** Characters that hide or turn others; tab and line end are none. */
const HIDDEN = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/u;

describe('buildSite', function () {
  this.timeout(60_000);
  let input: SiteInput;
  let site: ReadonlyMap<string, string>;

  before(async () => {
    input = await makeInput(OUR_SERIES);
    site = buildSite(input);
  });

  function page(name: string): string {
    const text = site.get(name);
    if (text === undefined) throw new Error(`no page ${name}: ${[...site.keys()].join(' ')}`);
    return text;
  }

  it('has a page for the contents, each C file, each patch and the findings', () => {
    expect([...site.keys()]).to.include.members([
      'index.html',
      'drivers-tally-tally.c.html',
      'drivers-tally-tally-pool.c.html',
      'drivers-tally-tally.h.html',
      'drivers-tally-Kconfig.html',
      'patch-1.html',
      'patch-4.html',
      'findings.html',
      'check.html',
    ]);
  });

  it('gives the same bytes for the same input @long-only', async () => {
    expect([...buildSite(await makeInput(OUR_SERIES))]).to.deep.equal([...site]);
  });

  it('shows every line of the C in order, and every line of the port once, in the order of the C', () => {
    for (const { path, states } of input.tree?.files ?? []) {
      const rows = rowsOf(page(`${path.replaceAll('/', '-')}.html`));
      const shown = rows.flatMap(({ c }) => c ?? []);
      const lines = states.at(-1)?.lines.map(({ number, text }) => ({ number, text }));
      expect(shown, path).to.deep.equal(lines);
      const port = input.port.files.find((one) => one.mirrors === path && one.beforePatch === null);
      if (!port || !input.beside.some((one) => one.tsPath === port.path)) continue;
      const ts = rows.flatMap((row): CodeLine[] => (row.ts ? [row.ts] : []));
      expect(
        ts.sort((a, b) => a.number - b.number),
        port.path,
      ).to.deep.equal(port.lines.map((text, i) => ({ number: i + 1, text })));
    }
  });

  it('shows every added and removed line of each patch', () => {
    for (const { path, deltas } of input.tree?.files ?? [])
      for (const { patch, hunks } of deltas) {
        const shown = new Set(
          rowsOf(page(`patch-${String(patch)}.html`)).flatMap(({ c }) =>
            c ? [`${String(c.number)} ${c.text}`] : [],
          ),
        );
        for (const { kind, before, after, text } of hunks.flat())
          if (kind !== 'context')
            expect([...shown], path).to.include(`${String(after ?? before)} ${text}`);
      }
  });

  it('says where lines of the C are not known', () => {
    const base = handInput();
    const files = (base.tree?.files ?? []).map((file) => ({
      ...file,
      states: file.states.map(
        (text) =>
          text && {
            whole: false,
            lines: text.lines.filter(({ number }) => number > 2 && number !== 6),
          },
      ),
    }));
    const own = buildSite({ ...base, tree: { files, notes: [], versions: [], unapplied: 0 } });
    const text = own.get('drivers-pool-pool.c.html') ?? '';
    const rows = rowsOf(text).map(({ c, ts }) => c?.number ?? (ts ? 'ts' : '...'));
    expect(rows.filter((row) => row !== 'ts')).to.deep.equal(['...', 3, 4, 5, '...', 7, 8]);
    expect(text).to.include('⋯');
  });

  it('marks the lines that a finding is about', () => {
    const lines = (name: string, badge: string): string[] =>
      page(name)
        .split('<tr')
        .filter((row) => row.includes(`<a class=F href=findings.html#${badge}>`));
    expect(lines('drivers-tally-tally-pool.c.html', 'f1')).to.have.length(1);
    expect(lines('drivers-tally-tally.c.html', 'f2')).to.have.length(2);
    expect(page('findings.html')).to.include('#tally_pool_put.t');
  });

  it('marks lines with the patch that wrote them', () => {
    const own = page('drivers-tally-tally-pool.c.html');
    expect(own).to.match(/<table class="a4 b4">/);
    expect(page('drivers-tally-tally.c.html')).to.match(/<td class=p[1-4]>/);
  });

  for (const [what, make] of [
    ['with the C', (): ReadonlyMap<string, string> => site],
    ['from our side alone', (): ReadonlyMap<string, string> => buildSite(withoutSeries(input))],
    ['by hand', (): ReadonlyMap<string, string> => buildSite(handInput())],
  ] as const)
    describe(what, () => {
      it('has no id twice', () => {
        for (const [name, text] of make()) {
          const ids = idsOf(text);
          expect(new Set(ids).size, name).to.equal(ids.length);
        }
      });

      it('has a target for every link within the site', () => {
        const pages = make();
        const targets = new TargetsOf();
        let count = 0;
        for (const [name, text] of pages)
          for (const href of linksOf(text)) {
            if (href.startsWith('https://')) continue;
            const [to = '', anchor] = href.split('#');
            const target = pages.get(to === '' ? name : to);
            expect(target, `${name}: ${href}`).to.be.a('string');
            if (anchor === undefined) continue;
            expect(targets.has(target ?? '', anchor), `${name}: ${href}`).to.equal(true);
            count++;
          }
        expect(count).to.be.above(5);
      });

      it('has links for all names of its index', () => {
        const pages = make();
        const targets = new TargetsOf();
        for (const [name, text] of pages) {
          const json = /<script type=application\/json id=-names>(.*?)<\/script>/.exec(text)?.[1];
          const data = JSON.parse(json ?? '') as { pages: [string, string][]; names: string[] };
          for (const group of data.names) {
            const [, index, ...names] = group.split(' ');
            const to = data.pages[Number(index)]?.[0] ?? '';
            for (const one of names) {
              const [own = '', end = own] = one.split('=');
              const anchor = end.startsWith('.') ? own + end : end;
              const known = targets.has(pages.get(to) ?? '', anchor);
              expect(known, `${name}: ${to}#${anchor}`).to.equal(true);
            }
          }
        }
      });
    });

  it('allows nothing but its own script and style', () => {
    const own = buildSite(handInput());
    const hash = (text: string): string => createHash('sha256').update(text).digest('base64');
    for (const text of own.values()) {
      const policy = /http-equiv=Content-Security-Policy content="([^"]*)"/.exec(text)?.[1];
      expect(policy).to.equal(
        `default-src 'none'; script-src 'sha256-${hash('void 0')}'; style-src 'sha256-${hash('b{}')}'; base-uri 'none'; form-action 'none'`,
      );
      expect(text).to.include('<script>void 0</script>').and.to.include('<style>b{}</style>');
    }
  });

  it('keeps hostile text text, wherever it comes from @long', () => {
    const nasty = fc
      .array(
        fc.constantFrom(
          ...[
            '<script>alert(1)</script>',
            '</script>',
            '<!--',
            '-->',
            '<img src=x onerror=alert(1)>',
          ],
          ...[
            '"',
            "'",
            '<',
            '>',
            '&',
            '&lt;',
            '=',
            ' ',
            '/',
            '`',
            ']]>',
            '</td></table></section>',
          ],
          ...['\u202e', '\u2066', '\u200b', '\ufeff', '\0', '\r', '\u2028', '\ud800', '\u{e0041}'],
          ...[
            'javascript:alert(1)',
            '[a](javascript:alert(1))',
            '![i](https://x.invalid/i.png)',
            'on',
            'a',
          ],
          ...[
            '<a href="data:text/html,x">',
            '[b](//x.invalid)',
            '|',
            '\n',
            '<https://e.example/>',
            'ö',
          ],
        ),
        { maxLength: 8 },
      )
      .map((parts) => parts.join(''));
    const line = nasty.map((text) => text.replace(/\n/g, ''));
    const texts: fc.Arbitrary<Partial<Texts>> = fc.record(
      {
        ...{ cLine: line, tsLine: line, path: line.map((text) => `d/${text}.c`), subject: line },
        ...{
          messageId: line,
          name: line,
          note: line,
          finding: nasty,
          difference: nasty,
          testName: line,
        },
      },
      { requiredKeys: [] },
    );
    const plain = buildSite(handInput());
    fc.assert(
      fc.property(texts, (some) => {
        const own = buildSite(handInput(some));
        expect(own.size).to.equal(plain.size);
        for (const [name, text] of own) {
          expect(name).to.match(/^[\w.-]+\.html$/);
          expect(HIDDEN.exec(text)?.[0], name).to.equal(undefined);
          const scripts = [...text.matchAll(/<script/g)].length;
          expect(scripts, name).to.be.at.most(3);
          for (const tag of tagsOf(text)) {
            expect([...TAGS], `${name}: ${tag.name}`).to.include(tag.name);
            for (const [key, value] of tag.attributes) {
              expect(key, tag.name).not.to.match(/^on|^style$|^src|^action|[<>"']/);
              if (key === 'href')
                expect(value).to.match(/^(?:[\w.~-]*\.html)?(?:#[\w.~$-]*)?$|^https?:\/\//);
            }
          }
        }
      }),
      { numRuns: LONG ? 60 : 15 },
    );
  });

  it('shows what turns or hides letters', () => {
    const own = buildSite(
      handInput({ cLine: '\tif (a /*\u202e } \u2066 if (admin)\u2069 \u2066 begin */)' }),
    );
    const text = own.get('drivers-pool-pool.c.html') ?? '';
    expect(text).to.include('<mark>U+202E</mark>').and.to.include('<mark>U+2066</mark>');
  });

  it('keeps a line of a megabyte whole, in a box of its own @long-only', () => {
    const cLine = `\tx = "${'<&'.repeat(500_000)}";`;
    const own = buildSite(handInput({ cLine }));
    const text = own.get('drivers-pool-pool.c.html') ?? '';
    expect(text).to.include('<div class=l tabindex=0>');
    expect(rowsOf(text).find(({ c }) => c?.number === 5)?.c?.text).to.equal(cLine);
  });

  it('gives two paths that would share a file name different pages', () => {
    const base = handInput();
    const twin = {
      path: 'drivers-pool/pool.c',
      states: [null, { lines: [{ text: 'x', number: 1, patch: 0 }], whole: true }],
      deltas: [],
    };
    const own = buildSite({
      ...base,
      tree: {
        files: [...(base.tree?.files ?? []), twin, { ...twin, path: 'drivers/Pool-pool.c' }],
        notes: [],
        versions: [],
        unapplied: 0,
      },
    });
    expect(
      [...own.keys()].filter((name) => name.toLowerCase().startsWith('drivers-pool-pool')),
    ).to.have.length(3);
    expect(new Set([...own.keys()].map((name) => name.toLowerCase())).size).to.equal(own.size);
  });

  it('puts findings, deviations, reasons, reach and differences into the margin', () => {
    const text = buildSite(handInput()).get('drivers-pool-pool.c.html') ?? '';
    const line = /<td>5<td[^>]*>.*?(?=<tr|<\/table>)/.exec(text)?.[0] ?? '';
    expect(line).to.include('<a class=F href=findings.html#f1>F1</a>').and.to.include('class=J');
    expect(text).to.include('<a class=D href=findings.html#d-pool-1>D1</a>');
    expect(text).to.include('1 JS reason').and.to.include('1 difference');
    expect(text).to.include('1/2 lines run by 1 test file, 1 transcript');
    expect(text).to.include('<a class=E>≠2</a>');
    expect(text).to.include('<a class=X>≠1</a>');
  });

  it('leads from a difference to its deviation, also in a section of two files', () => {
    const input = handInput();
    const differences = input.check?.differences.map((one) => ({
      ...one,
      explanation: {
        by: 'deviation' as const,
        text: 'It is `kick`.',
        deviation: { section: 'a.h, b.h', number: 1 },
      },
    }));
    const check = { functions: 1, differences: differences ?? [] };
    const text = buildSite({ ...input, check }).get('check.html') ?? '';
    expect(text).to.include('>Deviation 1 of a.h, b.h</a>: It is kick.</p><ul>');
    expect(text.match(/Deviation 1 of/g)).to.have.length(1);
  });

  it('lists what nobody has explained first', () => {
    const text = buildSite(handInput()).get('check.html') ?? '';
    expect(text.indexOf('<tr id="d1"><td>1</td><th scope=row>kick</th><td>missing')).to.be.above(0);
    expect(text.indexOf('Unexplained (1)')).to.be.below(text.indexOf('Explained (1)'));
  });

  it('links labels to their line, calls to their definition, mails to lore', () => {
    const own = buildSite(handInput({ cLine: '\treturn kick(1);' }));
    const text = own.get('drivers-pool-pool.c.html') ?? '';
    expect(text).to.include('<b>goto</b> <a href=#kick.c3>out</a>');
    expect(text).to.include('<a>kick</a>(1)');
    expect(own.get('index.html')).to.include('https://lore.kernel.org/r/1-kick%40example.org');
  });

  it('says where the C is when it has none, and what was not used', () => {
    const base = handInput();
    const own = buildSite({
      ...base,
      series: null,
      tree: null,
      cSources: new Map(),
      beside: [],
      changed: [],
      check: null,
    });
    const text = own.get('pool.html') ?? '';
    expect(text).to.include('C: drivers/pool/pool.c, patch 1');
    expect(rowsOf(text, PLAIN.name).map(({ ts }) => ts?.number)).to.deep.equal([3, 4, 5]);
    expect([...own.keys()]).to.deep.equal(['index.html', 'pool.html', 'findings.html']);
    expect(buildSite(base).get('index.html')).to.include('<li>a mail was not used');
  });

  it('gives the page of the pool at work its bar, and the places of the lines that it shows', () => {
    let given: PlaySite | null = null;
    const own = buildSite({
      ...handInput(),
      play: (site) => {
        given = site;
        return '<!doctype html>pool';
      },
    });
    expect(own.get('play.html')).to.equal('<!doctype html>pool');
    expect(own.get('index.html')).to.include('href=play.html');
    const { nav, links } = given as unknown as PlaySite;
    expect(nav.map(({ href }) => href)).to.include.members(['index.html', 'play.html']);
    for (const [path, side] of [
      [PLAIN.path, 'c'],
      ['packages/pool/src/pool.ts', 't'],
    ] as const)
      expect(links[path]?.at(-1)).to.include({
        href: `drivers-pool-pool.c.html#kick.${side}`,
        from: 3,
        base: 3,
      });
  });

  it('has text in place of every script for whoever has none', () => {
    expect(withoutScripts(page('index.html'))).to.include('drivers/tally/tally.c');
  });
});

/** The targets that a page has, each page read once. */
class TargetsOf {
  readonly #pages = new Map<string, ReadonlySet<string>>();

  /** An id of the page, or a line of one of its sections: NAME.c12. */
  has(page: string, anchor: string): boolean {
    const known = this.#pages.get(page) ?? new Set(targetsOf(page));
    this.#pages.set(page, known);
    return known.has(anchor);
  }
}

function targetsOf(page: string): string[] {
  const sections = tagsOf(page).filter(({ name }) => name === 'section');
  const lines = sections.flatMap(({ attributes }) => {
    const id = attributes.get('id') ?? '';
    return rowsOf(page, id).flatMap(({ c, ts }) => [
      ...(c ? [`${id}.c${String(c.number - Number(attributes.get('data-c')) + 1)}`] : []),
      ...(ts ? [`${id}.t${String(ts.number - Number(attributes.get('data-t')) + 1)}`] : []),
    ]);
  });
  return [...idsOf(page), ...lines];
}
