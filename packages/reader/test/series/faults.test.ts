// SPDX-License-Identifier: GPL-2.0-only
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { openSeries } from '../../src/series/files';
import type { Series } from '../../src/series/series';
import type { Wanted } from '../../src/series/thread';
import { TALLY, fixture, inFolder, mails, refusal, textOf, toMbox, write } from './tally';

type Edit = (name: string, text: string) => string | string[];

/** Opens the thread with its mails changed; the file is called thread.mbox. */
async function open(edit: Edit, wanted: Wanted = TALLY): Promise<Series> {
  return inFolder((folder) => {
    write(folder, { 'thread.mbox': toMbox(mails().flatMap(({ name, text }) => edit(name, text))) });
    return openSeries([path.join(folder, 'thread.mbox')], wanted);
  });
}

/** What is said of such a thread, without the folder. */
async function refused(edit: Edit, wanted: Wanted = TALLY): Promise<string> {
  return (await refusal(() => open(edit, wanted))).replaceAll(/\S*\/(thread\.mbox)/g, '$1');
}

/** Changes the mail of one patch only. */
function only(which: string, change: (text: string) => string | string[]): Edit {
  return (name, text) => (name === which ? change(text) : text);
}

/** The line of thread.mbox whose text is `line`, from 1. */
function lineOf(line: string): number {
  return textOf('thread.mbox').split(/\r?\n/).indexOf(line) + 1;
}

async function refusedFile(name: string, content: string | Uint8Array): Promise<string> {
  return inFolder(async (folder) => {
    write(folder, { [name]: content });
    const message = await refusal(() => openSeries([path.join(folder, name)], TALLY));
    return message.replaceAll(`${folder}/`, '');
  });
}

describe('openSeries, files that are no copy of a series', () => {
  const CASES: readonly [string, string, string | Uint8Array, RegExp][] = [
    [
      'an empty file',
      'a.mbox',
      '',
      /^a\.mbox: is empty; expected an mbox, a mail or a patch file$/,
    ],
    ['blank lines', 'a.mbox', '\n\n\r\n', /^a\.mbox: is empty/],
    [
      'a binary',
      'a.o',
      Buffer.from([0x7f, 69, 76, 70, 0, 1]),
      /^a\.o: is binary \(a zero byte at 4\)/,
    ],
    ['a C file', 'a.c', 'int main(void)\n{\n}\n', /^a\.c:1: no mail header; expected an mbox/],
    [
      'only a From line',
      'a.mbox',
      'From mboxrd@z Thu Jan  1 00:00:00 1970\n',
      /^a\.mbox:2: no mail/,
    ],
    [
      'a gzip that is cut',
      'a.gz',
      gzipSync(textOf('thread.mbox')).subarray(0, 3000),
      /^a\.gz: a gzip file that is cut off or damaged: /,
    ],
    ['a gzip of nothing', 'a.gz', gzipSync(''), /^a\.gz: is empty/],
    [
      'mails without a patch',
      'a.mbox',
      toMbox(mails().flatMap(({ name, text }) => (name.startsWith('reply') ? text : []))),
      /^a\.mbox: no series; none of the 2 mails is a patch with a subject "\[PATCH n\/m\] …"$/,
    ],
    [
      'only a cover letter',
      'a.mbox',
      mails()[0]?.text ?? '',
      /^a\.mbox: no series; none of the 1 mails/,
    ],
  ];
  for (const [title, name, content, message] of CASES)
    it(`refuses ${title}`, async () => {
      expect(await refusedFile(name, content)).to.match(message);
    });

  it('refuses paths that are not there', async () => {
    expect(await refusal(() => openSeries([], TALLY))).to.match(/^no path to a series/);
    expect(await refusal(() => openSeries(['/none/x.mbox'], TALLY))).to.equal(
      '/none/x.mbox: no such file or folder',
    );
    expect(await refusal(() => openSeries(['/none:a..b'], TALLY))).to.equal(
      '/none: no such repository',
    );
  });

  it('refuses a folder without mails, and does not read options out of a range', async () => {
    await inFolder(async (folder) => {
      expect(await refusal(() => openSeries([folder], TALLY))).to.match(
        /: no mail or patch file in this folder \(of 0 files\); expected an mbox, \.eml or \.patch files$/,
      );
      expect(await refusal(() => openSeries([`${folder}:--output=x..y`], TALLY))).to.match(
        /"--output=x\.\.y" is no range; expected REPOSITORY:BASE\.\.HEAD$/,
      );
    });
  });
});

describe('openSeries, threads', () => {
  it('names the patch that is missing', async () => {
    expect(await refused(only('3', () => []))).to.equal(
      'thread.mbox:2: "tally: a pool of spare marks", version 1, 4 patches: patch 3/4 missing',
    );
    expect(await refused((name, text) => (/^[24]$/.test(name) ? [] : text))).to.match(
      /: patches 2\/4, 4\/4 missing$/,
    );
  });

  it('says which mail has the subject of the missing patch but no diff', async () => {
    const message = await refused(only('1', (text) => text.slice(0, text.indexOf('diff --git'))));
    expect(message).to.match(
      /patch 1\/4 missing; thread\.mbox:\d+: "\[PATCH 1\/4\] .*" has no diff$/,
    );
  });

  it('takes a patch that is there twice, and refuses two that differ', async () => {
    const { notes, patches } = await open(
      only('1', (text) => [text, text.replace('Subject: ', 'X-List: twice\nSubject: ')]),
    );
    expect(patches).to.have.length(4);
    expect(notes[0]).to.match(
      /: patch 1\/4 of "tally: .*" again, the same as at .*thread\.mbox:\d+$/,
    );
    expect(
      await refused(
        only('1', (text) => [text, text.replace('when, GFP_ATOMIC', 'when, GFP_NOIO')]),
      ),
    ).to.match(
      /^thread\.mbox:\d+: patch 1\/4 of .* differs from the one at thread\.mbox:\d+; remove one/,
    );
  });

  it('takes no reply for a patch, whatever it quotes', async () => {
    const unquoted = (text: string): string => text.replaceAll(/^> /gm, '');
    const { patches } = await open((name, text) => (name === 'reply-2' ? unquoted(text) : text));
    expect(patches).to.have.length(4);
    expect(
      await refused((name, text) => (name === '1' ? text.replace('[PATCH', 'Re: [PATCH') : text)),
    ).to.match(/patch 1\/4 missing$/);
  });

  it('reads tags and lists in front of the subject, and subjects in encoded words', async () => {
    const { patches } = await open((_, text) =>
      text.replace(/^Subject: \[PATCH (\d)\/4\] (.*)$/m, (_match, n: string, subject: string) =>
        n === '2'
          ? `Subject: =?utf-8?q?=5Btally=5D_=5BPATCH_net_RFC_2/4=5D?=\n =?utf-8?b?${Buffer.from(` ${subject}`).toString('base64')}?=`
          : `Subject: [tally] [PATCH net RFC 0${n}/04] ${subject}`,
      ),
    );
    expect(patches.map(({ subject }) => subject.replace(/:.*/, ''))).to.deep.equal(
      Array<string>(4).fill('tally'),
    );
  });

  it('refuses another version, with its number of patches', async () => {
    const second = (name: string, text: string): string | string[] =>
      /^[34]$/.test(name) ? [] : text.replace(/\[PATCH (\d)\/4\]/, '[PATCH v2 $1/2]');
    expect(await refused(second)).to.equal(
      'thread.mbox:2: "tally: a pool of spare marks", version 2, 2 patches: the port mirrors a series of 4 patches',
    );
  });

  it('refuses a series over other files, and one that adds other functions', async () => {
    expect(
      await refused((_, text) => text, { ...TALLY, files: ['drivers/iommu/iova.c'] }),
    ).to.match(
      /: not the ported series: it changes other files than the port mirrors: drivers\/tally\/tally\.c, /,
    );
    const names = ['tally_pool_get', 'tally_ring_get', 'tally_ring_put'];
    const addedBy = (n: number): string[] => (n === 4 ? names : []);
    expect(await refused((_, text) => text, { ...TALLY, addedBy })).to.match(
      /its patch 4\/4 adds 1 of the 3 functions that the port has from it; tally_ring_get is not among them$/,
    );
    const half = names.slice(0, 2);
    const series = await open((_, text) => text, {
      ...TALLY,
      addedBy: (n) => (n === 4 ? half : []),
    });
    expect(series.patches).to.have.length(4);
  });

  it('takes patches that were sent without a common first mail', async () => {
    const series = await open((_, text) => text.replace(/^In-Reply-To: .*\r?\n/m, ''));
    expect(series.patches.map(({ number }) => number)).to.deep.equal([1, 2, 3, 4]);
    expect(series.cover?.subject).to.equal('tally: a pool of spare marks');
  });
});

/** A series of one patch over a file of the driver. */
function single(options: { subject: string; day: number; file?: string; id: string }): string {
  const file = options.file ?? 'drivers/tally/tally.c';
  return [
    'From: A. Writer <writer@example.org>',
    `Subject: ${options.subject}`,
    `Date: ${String(options.day)} Jul 2021 10:00:00 +0000`,
    `Message-Id: <${options.id}@example.org>`,
    '',
    `--- a/${file}`,
    `+++ b/${file}`,
    '@@ -1,2 +1,2 @@',
    '-old',
    '+new',
    ' context',
    '',
  ].join('\n');
}

describe('openSeries, other series in the copy', () => {
  async function withOthers(...others: string[]): Promise<Series> {
    return open((name, text) => (name === '0' ? [...others, text] : text));
  }

  it('puts earlier ones over the same files before it, the oldest first', async () => {
    const { before } = await withOthers(
      single({ subject: '[PATCH 1/1] tally: second', day: 20, id: 'b' }),
      single({ subject: '[PATCH 1/1] tally: first', day: 10, id: 'a' }),
    );
    expect(before.map(({ subject }) => subject)).to.deep.equal(['tally: first', 'tally: second']);
  });

  it('takes the last version of an earlier one', async () => {
    const { before, notes } = await withOthers(
      single({ subject: '[PATCH 1/1] tally: fix', day: 10, id: 'a' }),
      single({ subject: '[PATCH v2 1/1] tally: fix', day: 11, id: 'b' }),
    );
    expect(before.map(({ messageId }) => messageId)).to.deep.equal(['b@example.org']);
    expect(notes[0]).to.match(
      /"tally: fix", version 1, 1 patch: not used: a later version of it is used$/,
    );
  });

  it('notes later, unrelated and incomplete ones', async () => {
    const { before, notes } = await withOthers(
      single({ subject: '[PATCH 1/1] tally: later', day: 10, id: 'a' }).replace('Jul', 'Sep'),
      single({ subject: '[PATCH 1/1] other: fix', day: 10, id: 'b', file: 'drivers/other.c' }),
      single({ subject: '[PATCH 1/3] tally: part', day: 10, id: 'c' }),
    );
    expect(before).to.deep.equal([]);
    expect(notes.map((note) => note.replace(/^\S*thread\.mbox/, ''))).to.deep.equal([
      ':2: "tally: later", version 1, 1 patch: not used: it was sent later',
      ':28: "tally: part", version 1, 3 patches: not used: patches 2/3, 3/3 missing',
      ': 1 other series over other files not used',
      ': 2 other mails not used',
    ]);
  });

  it('chooses the first when it was sent again, and a damaged other one does no harm', async () => {
    const again = mails().map(({ text }) =>
      text
        .replace('[PATCH ', '[PATCH RESEND ')
        .replace(/^Date: .*?2021/m, 'Date: Mon, 9 Aug 2021')
        .replaceAll('4711', '4712'),
    );
    const damaged = single({ subject: '[PATCH 1/1] tally: fix', day: 10, id: 'a' }).replace(
      '+new',
      'new',
    );
    const { patches, before, notes } = await withOthers(...again.slice(0, 6), damaged);
    expect(patches[0]?.messageId).to.equal('20210802080000.4711-2-writer@example.org');
    expect(before).to.deep.equal([]);
    expect(notes[0]).to.match(/4 patches: not used: the same series once more$/);
    expect(notes[1]).to.match(
      /"tally: fix", .*: not used: damaged \(\S*:\d+: a line that begins with "n" in a hunk/,
    );
  });
});

describe('openSeries, damaged mails', () => {
  const context =
    '@@ -118,7 +119,7 @@ static int tally_put_mark(struct tally *tally, u64 when, unsigned int weight)';
  const added = '+\tmark = tally_alloc_mark(tally, when, GFP_ATOMIC);';

  it('names the line that was wrapped', async () => {
    const wrap = (text: string): string =>
      text.replace(`${added}\n`, '+\tmark = tally_alloc_mark(tally,\nwhen, GFP_ATOMIC);\n');
    expect(await refused(only('1', wrap))).to.match(
      new RegExp(
        `^thread\\.mbox:${String(lineOf(added) + 1)}: a line that begins with "w" in a hunk; expected`,
      ),
    );
  });

  it('names the line that lost its space', async () => {
    const lost = (text: string): string => text.replace('\n \tif (!mark)', '\n\tif (!mark)');
    expect(await refused(only('1', lost))).to.match(
      /^thread\.mbox:\d+: a line that begins with "\\t" in a hunk; expected ' ', '\+' or '-'/,
    );
  });

  it('reads empty context lines whose space a mailer took away, as git does', async () => {
    const stripped = (text: string): string => text.replaceAll(/^ $/gm, '');
    const hunksOf = (series: Series): unknown =>
      JSON.parse(
        JSON.stringify(series.patches.map(({ files }) => files)).replaceAll(
          /"file":"[^"]*thread/g,
          '"file":"thread',
        ),
      );
    const whole = await open((_, text) => text, TALLY);
    let lost = 0;
    const series = await open((_, text) => {
      lost += (text.match(/^ $/gm) ?? []).length;
      return stripped(text);
    }, TALLY);
    expect(lost).to.be.greaterThan(0);
    expect(hunksOf(series)).to.deep.equal(hunksOf(whole));
  });

  it('refuses a hunk with a line too few or too many, at the line after it', async () => {
    expect(lineOf(context)).to.be.greaterThan(0);
    expect(await refused(only('1', (text) => text.replace(`${added}\n`, '')))).to.match(
      new RegExp(
        `^thread\\.mbox:\\d+: .* the hunk of line ${String(lineOf(context))} has 0 old and 1 new lines too few`,
      ),
    );
    expect(await refused(only('1', (text) => text.replace(added, `${added}\n${added}`)))).to.match(
      /^thread\.mbox:\d+: (more lines than the hunk header|"?.* is outside of any hunk)/,
    );
  });

  it('does not take the signature for a removed line', async () => {
    const last = (text: string): string =>
      text.replace(/\n \t\tgoto out_free_first;\n \n-- \n/, '\n \t\tgoto out_free_first;\n-- \n');
    expect(await refused(only('1', last))).to.match(
      /: the diff ends, but the hunk of line \d+ has 1 old and 1 new/,
    );
  });

  it('names the line of the decoded text', async () => {
    const damage = (text: string): string => {
      const [head, body] = text.split('\n\n') as [string, string];
      const decoded = Buffer.from(body, 'base64')
        .toString('utf8')
        .replace('\n+config TALLY_POOL', '\nconfig TALLY_POOL');
      return `${head}\n\n${Buffer.from(decoded).toString('base64')}\n`;
    };
    expect(await refused(only('4', damage))).to.match(
      /^thread\.mbox, mail 6, the text, decoded from base64:24: a line that begins with "c" in a hunk/,
    );
  });

  it('says that format=flowed damages patches, with the line in the file', async () => {
    const flowed = (text: string): string =>
      text.replace('charset="us-ascii"', 'charset="us-ascii"; format=flowed');
    const message = await refused(only('1', flowed));
    expect(message).to.match(/; the mail is format=flowed, which damages patches$/);
    // The first line whose space means something: flowed text takes one away.
    const line = Number(/^thread\.mbox:(\d+): /.exec(message)?.[1]);
    expect(textOf('thread.mbox').split('\n')[line - 1]).to.match(/^ /);
  });

  it('refuses a charset that is not known, in a patch only', async () => {
    const unknown = (text: string): string =>
      text.replace('charset="us-ascii"', 'charset="x-unknown"');
    expect(await refused(only('1', unknown))).to.match(
      /^thread\.mbox:\d+: the text of "\[PATCH 1\/4\] .*" cannot be read: its charset "x-unknown" is not known$/,
    );
    expect((await open(only('reply-1', unknown))).patches).to.have.length(4);
  });

  it('refuses bytes that are not of the charset', async () => {
    const wrong = (text: string): string => text.replace('charset="iso-8859-1"', 'charset="utf-8"');
    expect(await refused(only('3', wrong))).to.match(
      /cannot be read: it has bytes that are not utf-8$/,
    );
  });

  it('refuses renames, binaries and names that leave the tree', async () => {
    const file = 'drivers/tally/tally.c';
    const git = `diff --git a/${file} b/${file}\n`;
    const cases: [(text: string) => string, RegExp][] = [
      [
        (text) => text.replace(`${git}index`, `${git}rename from x\nindex`),
        /: a renamed or copied file/,
      ],
      [
        (text) => text.replace(git, `${git}GIT binary patch\n`),
        /: a binary file; expected a text$/,
      ],
      [
        (text) => text.replaceAll(file, '../../etc/x'),
        /"a?b?\/?\.\.\/\.\.\/etc\/x" does not stay in the kernel tree$/,
      ],
      [
        (text) => text.replace(`--- a/${file}`, '--- a/other.c'),
        /: another file than the lines before name$/,
      ],
      [(text) => text.replace(`+++ b/${file}\n`, ''), /: expected "\+\+\+ b\/FILE"$/],
      [(text) => text.replace('@@ -49,11 ', '@@ -49,11, '), /: damaged hunk header; expected/],
      [
        (text) => text.replace('@@ -118,7 +119,7 ', '@@ -118,7 +120,7 '),
        /: expected \+119, found \+120$/,
      ],
    ];
    for (const [change, message] of cases)
      expect(await refused(only('1', change)))
        .to.match(/^thread\.mbox:\d+: /)
        .and.match(message);
  });
});

describe('openSeries, hostile text', () => {
  it('keeps HTML, controls of direction and a line of 1 MB as they are', async () => {
    const lines = ['<script>alert(1)</script>&amp;', '\u202E\u2066 a\u200F', 'x'.repeat(1 << 20)];
    const { patches } = await open(
      only('4', (text) => {
        const [head, body] = text.split('\n\n') as [string, string];
        const decoded = Buffer.from(body, 'base64')
          .toString('utf8')
          .replace(
            '@@ -0,0 +1,212 @@\n',
            `@@ -0,0 +1,215 @@\n${lines.map((line) => `+${line}\n`).join('')}`,
          );
        return `${head}\n\n${Buffer.from(decoded).toString('base64')}\n`;
      }),
    );
    const file = patches[3]?.files.find(({ path }) => path === 'drivers/tally/tally-pool.c');
    expect(file?.hunks[0]?.lines.slice(0, 3)).to.deep.equal(lines.map((line) => `+${line}`));
  });

  it('shows no control character in an error', async () => {
    const evil = (text: string): string =>
      text.replace(
        /^Subject: .*$/m,
        'Subject: =?utf-8?b?' +
          Buffer.from('[PATCH 1/2] \u202E\u001B[2Jx').toString('base64') +
          '?=',
      );
    const message = await refused((name, text) => (name === '1' ? evil(text) : []));
    expect(message)
      .to.include('[U+202E][U+001B][2Jx')
      .and.not.match(/[\p{Cc}\p{Cf}]/u);
  });

  it('reads the fixture when its folder is named relative', async () => {
    const relative = path.relative(process.cwd(), fixture('mails'));
    expect((await openSeries([relative], TALLY)).patches).to.have.length(4);
  });
});
