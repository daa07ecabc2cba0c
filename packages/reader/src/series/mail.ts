// SPDX-License-Identifier: GPL-2.0-only
// What a mail says: its headers, and its text whatever its encoding.

import PostalMime, { type Email } from 'postal-mime';
import { ReadError, messageOf } from '../read-error';
import { withLineFeeds } from '../syntax/line-ends';
import type { RawMail } from './mbox';
import type { Place } from './series';
import { shown, where } from './shown';

/** A mail, decoded. */
export interface Mail {
  readonly subject: string;
  /** The sender's address; as the header has it where that is no address. */
  readonly from: string;
  /** Milliseconds since 1970; null without a date that can be read. */
  readonly date: number | null;
  /** Ids are without angle brackets. */
  readonly messageId: string | null;
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
  /** Its plain text, lines ending in \n. */
  readonly text: string;
  /** Of the mail, in the reader's file. */
  readonly at: Place;
  /** Of a line of the text, counted from 0. */
  readonly lineAt: (line: number) => Place;
  readonly group: string;
  /** Sent as format=flowed: what was wrapped is joined again, and a patch may be damaged. */
  readonly flowed: boolean;
  /** Why the text is not what was sent; null if it is. */
  readonly fault: string | null;
}

const REPLACEMENT = '\uFFFD';

function header(email: Email, key: string): string {
  return email.headers.find((h) => h.key === key)?.value ?? '';
}

function ids(value: string): string[] {
  return [...value.matchAll(/<([^<>\s]+)>/g)].map((match) => match[1] as string);
}

function parameter(contentType: string, name: string): string | null {
  const match = new RegExp(`;\\s*${name}\\s*=\\s*("[^"]*"|[^\\s;]+)`, 'i').exec(contentType);
  return match === null ? null : (match[1] as string).replaceAll('"', '');
}

function knows(charset: string): boolean {
  try {
    new TextDecoder(charset);
    return true;
  } catch {
    return false;
  }
}

/** ISO 8859-1 as it is: each byte is the character of that number. */
function latin1(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 8192)
    parts.push(String.fromCharCode(...bytes.subarray(at, at + 8192)));
  return parts.join('');
}

/** The Content-Type headers of the mail and of its parts. */
function contentTypes(email: Email, raw: string): string[] {
  const own = header(email, 'content-type');
  if (!/^multipart\//i.test(own)) return [own];
  return [...raw.matchAll(/^content-type:(.*(?:\r?\n[ \t].*)*)/gim)]
    .map((match) => (match[1] as string).trim())
    .filter((type) => /^text\/plain\b/i.test(type));
}

function encodingFault(email: Email, raw: string, text: string): string | null {
  const types = contentTypes(email, raw);
  for (const type of types) {
    const charset = parameter(type, 'charset');
    if (charset !== null && !knows(charset)) return `its charset ${shown(charset)} is not known`;
  }
  // A text that really has the replacement character has its bytes, plain or quoted-printable.
  const meant = /\xEF\xBF\xBD|=EF=(?:\r?\n=?)?BF=(?:\r?\n=?)?BD/i.test(raw);
  const base64 = /^base64$/i.test(header(email, 'content-transfer-encoding'));
  if (text.includes(REPLACEMENT) && !meant && !base64)
    return `it has bytes that are not ${parameter(types[0] ?? '', 'charset') ?? 'utf-8'}`;
  return null;
}

/** The lines at which those of a flowed text begin, before they were joined; counted from 0. */
function flowedLines(body: readonly string[]): number[] {
  return body.flatMap((_, i) => {
    const before = i === 0 ? '' : (body[i - 1] as string).replace(/^ /, '');
    return before.endsWith(' ') && before !== '-- ' ? [] : [i];
  });
}

/** Decodes as Latin-1 what names no charset and is not UTF-8: patch files are bytes, and git takes them as they are. */
function undeclared(raw: RawMail, email: Email): boolean {
  if (header(email, 'content-type') !== '') return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(raw.bytes);
    return false;
  } catch {
    return true;
  }
}

async function parse(raw: RawMail): Promise<Email> {
  try {
    const email = await PostalMime.parse(raw.bytes);
    if (!undeclared(raw, email)) return email;
    const named = new TextEncoder().encode('Content-Type: text/plain; charset=iso-8859-1\n');
    const whole = new Uint8Array(named.length + raw.bytes.length);
    whole.set(named);
    whole.set(raw.bytes, named.length);
    return await PostalMime.parse(whole);
  } catch (error) {
    throw new ReadError(`${where(raw)}: this mail cannot be read: ${messageOf(error)}`);
  }
}

/**
 * Decodes a mail. A text that cannot be decoded is a `fault`, not an error: most mails of a thread are not needed.
 * @throws ReadError if the mail has no readable structure (nested or headed beyond all limits)
 */
export async function readMail(raw: RawMail): Promise<Mail> {
  const email = await parse(raw);
  const source = latin1(raw.bytes);
  // A canonical text has CR LF, a list's copy LF.
  const text = withLineFeeds(email.text ?? '');
  const fault = encodingFault(email, source, text);
  const date = Date.parse(header(email, 'date'));

  const transfer = header(email, 'content-transfer-encoding').toLowerCase();
  const isMultipart = /^multipart\//i.test(header(email, 'content-type'));
  const headLines = source.split(/\r?\n\r?\n/, 1)[0]?.split('\n').length ?? 0;
  const mail = raw.number === 0 ? raw.file : `${raw.file}, mail ${String(raw.number)}`;
  const encoding = isMultipart ? 'the text part' : `the text, decoded from ${transfer}`;
  const isPlain = !isMultipart && /^([78]bit|binary|)$/.test(transfer);
  const flowed = contentTypes(email, source).some((type) =>
    /^flowed$/i.test(parameter(type, 'format') ?? ''),
  );
  const joined = flowed && isPlain ? flowedLines(source.split(/\r?\n/).slice(headLines + 1)) : [];

  return {
    subject: email.subject ?? '',
    from: (email.from?.address ?? header(email, 'from')).toLowerCase(),
    date: Number.isNaN(date) ? null : date,
    messageId: ids(email.messageId ?? '')[0] ?? null,
    inReplyTo: ids(email.inReplyTo ?? '')[0] ?? null,
    references: ids(email.references ?? ''),
    text,
    at: { file: raw.file, line: raw.line },
    lineAt: (line) =>
      isPlain
        ? { file: raw.file, line: raw.line + headLines + 1 + (joined[line] ?? line) }
        : { file: `${mail}, ${encoding}`, line: line + 1 },
    group: raw.group,
    flowed,
    fault,
  };
}
