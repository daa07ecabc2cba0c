// SPDX-License-Identifier: GPL-2.0-only
// Makes thread.mbox, thread.mbox.gz and mails/ from format-patch/: `node -r ./register.cjs test-fixtures/reader/forms.ts`.

import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

type Charset = 'us-ascii' | 'utf-8' | 'iso-8859-1';
type Transfer = '7bit' | '8bit' | 'quoted-printable' | 'base64';

interface Form {
  readonly charset: Charset;
  readonly transfer: Transfer;
  readonly crlf?: boolean;
}

/** How each of the mails 0/4 to 4/4 is written. */
const FORMS: readonly Form[] = [
  { charset: 'utf-8', transfer: '8bit' },
  { charset: 'us-ascii', transfer: '7bit' },
  { charset: 'iso-8859-1', transfer: 'quoted-printable' },
  { charset: 'iso-8859-1', transfer: '8bit', crlf: true },
  { charset: 'utf-8', transfer: 'base64' },
];

export interface Mail {
  /** For the .eml file. */
  readonly name: string;
  readonly bytes: Buffer;
}

function encoded(text: string, { charset, transfer }: Form): string {
  const bytes = Buffer.from(text, charset === 'utf-8' ? 'utf8' : 'latin1');
  if (transfer === 'base64')
    return (bytes.toString('base64').match(/.{1,76}/g) ?? []).join('\n') + '\n';
  if (transfer !== 'quoted-printable') return bytes.toString('latin1');
  return bytes
    .toString('latin1')
    .split('\n')
    .map((line) =>
      line
        .replace(
          /[^ -<>-~\t]|[ \t]$/g,
          (c) => '=' + c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0'),
        )
        .replace(/(.{60,72}[^=]{2})(?=..)/g, '$1=\n'),
    )
    .join('\n');
}

/** One mail as a list sends it, from its subject, date and text. */
export function mail(
  headers: readonly (readonly [string, string])[],
  text: string,
  form: Form,
): Buffer {
  const head = [
    ...headers,
    ['MIME-Version', '1.0'],
    ['Content-Type', `text/plain; charset="${form.charset}"`],
    ['Content-Transfer-Encoding', form.transfer],
  ].map(([name, value]) => `${name}: ${value}\n`);
  const raw = `${head.join('')}\n${encoded(text, form)}`;
  return Buffer.from(form.crlf === true ? raw.replaceAll('\n', '\r\n') : raw, 'latin1');
}

/** As archives escape it (mboxrd). */
export function mbox(mails: readonly Buffer[]): Buffer {
  return Buffer.concat(
    mails.map((bytes) =>
      Buffer.from(
        'From mboxrd@z Thu Jan  1 00:00:00 1970\n' +
          bytes.toString('latin1').replace(/^(>*From )/gm, '>$1') +
          '\n',
        'latin1',
      ),
    ),
  );
}

const id = (n: number): string => `<20210802080000.4711-${String(n + 1)}-writer@example.org>`;

function patchMails(folder: string): Mail[] {
  return readdirSync(folder)
    .sort()
    .map((name, n) => {
      const raw = readFileSync(path.join(folder, name), 'utf8');
      const end = raw.indexOf('\n\n');
      const header = (key: string): string =>
        new RegExp(`^${key}: (.*(?:\n[ \t].*)*)`, 'm').exec(raw.slice(0, end))?.[1] ?? '';
      const bytes = mail(
        [
          ['From', header('From')],
          ['To', 'tally@lists.example.org'],
          ['Subject', header('Subject')],
          ['Date', header('Date')],
          ['Message-Id', id(n)],
          ...(n === 0 ? [] : ([['In-Reply-To', id(0)]] as const)),
        ],
        raw.slice(end + 2),
        FORMS[n] as Form,
      );
      return { name: name.replace(/\.patch$/, '.eml'), bytes };
    });
}

function reply(n: number, subject: string, to: number, text: string): Buffer {
  return mail(
    [
      ['From', '"A. Reader" <reader@example.org>'],
      ['Subject', `Re: ${subject}`],
      ['Date', `Tue, 3 Aug 2021 09:0${String(n)}:00 +0000`],
      ['Message-Id', `<reply-${String(n)}@example.org>`],
      ['In-Reply-To', id(to)],
    ],
    text,
    { charset: 'us-ascii', transfer: '7bit' },
  );
}

/** All mails of the thread in the order of an archive, two replies among them. */
export function thread(folder: string): Mail[] {
  const mails = patchMails(folder);
  const first = readFileSync(path.join(folder, readdirSync(folder).sort()[1] as string), 'utf8');
  const quoted = first
    .slice(first.indexOf('diff --git'))
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n');
  const [cover, ...patches] = mails as [Mail, ...Mail[]];
  return [
    cover,
    {
      name: 'reply-1.eml',
      bytes: reply(
        1,
        '[PATCH 0/4] tally: a pool of spare marks',
        0,
        '> From here on a mark costs about 1 us;\n\nFrom where?\n>From the base.\n',
      ),
    },
    ...patches,
    {
      name: 'reply-2.eml',
      bytes: reply(
        2,
        '[PATCH 1/4] tally: add a gfp flag to the helper',
        1,
        `A. Writer wrote:\n${quoted}\nWhy not this:\n\n+\tmark = NULL;\n`,
      ),
    },
  ];
}

/** The files of this folder that are made from others: path and content. */
export function forms(fixtures: string): Map<string, Buffer> {
  const mails = thread(path.join(fixtures, 'format-patch'));
  const whole = mbox(mails.map(({ bytes }) => bytes));
  return new Map([
    ['thread.mbox', whole],
    ['thread.mbox.gz', gzipSync(whole, { level: 9 })],
    ...mails.map(({ name, bytes }) => [`mails/${name}`, bytes] as const),
  ]);
}

if (require.main === module) {
  rmSync(path.join(__dirname, 'mails'), { recursive: true, force: true });
  mkdirSync(path.join(__dirname, 'mails'));
  for (const [name, bytes] of forms(__dirname)) writeFileSync(path.join(__dirname, name), bytes);
}
