// SPDX-License-Identifier: GPL-2.0-only
// A mail that its subject calls a patch of a series, or the cover letter of one.

import { ReadError } from '../read-error';
import type { Mail } from './mail';
import { parseDiff } from './patch';
import type { FilePatch } from './series';
import { shown, where } from './shown';

/** What the bracket of a subject says. */
export interface Numbered {
  readonly version: number;
  /** 0: the cover letter. */
  readonly number: number;
  readonly of: number;
  /** Sent once more under the same version. */
  readonly resend: boolean;
  /** Without brackets. */
  readonly subject: string;
}

/** A mail that may be of the series. */
export interface Candidate extends Numbered {
  readonly mail: Mail;
  /** Empty for a cover letter, for a mail without a diff, and where `fault` is set. */
  readonly files: readonly FilePatch[];
  /** Thrown when the mail is needed. */
  readonly fault: ReadError | null;
}

/** "[list] [PATCH RESEND v2 3/9] dma-iommu: …"; null for replies and everything else. */
export function readSubject(text: string): Numbered | null {
  const match = /^\s*((?:\[[^\]]*\]\s*)+)(.*)$/s.exec(text);
  const brackets = [...(match?.[1] ?? '').matchAll(/\[([^\]]*)\]/g)].map((m) => m[1] as string);
  const tag = brackets.find((bracket) => /\bPATCH(v\d+)?\b/i.test(bracket));
  const numbers = /(?:^|\s)(\d{1,4})\/(\d{1,4})(?:\s|$)/.exec(tag ?? '');
  if (match === null || tag === undefined || numbers === null) return null;
  const [number, of] = [Number(numbers[1]), Number(numbers[2])];
  if (of === 0 || number > of) return null;
  const version = /(?:\b|PATCH)v(\d{1,4})\b/i.exec(tag);
  return {
    version: version === null ? 1 : Number(version[1]),
    number,
    of,
    resend: /\bRESEND\b/i.test(tag),
    subject: (match[2] as string).trim(),
  };
}

/** The patch in a mail; null if the subject does not call it one. */
export function readCandidate(mail: Mail): Candidate | null {
  const numbered = readSubject(mail.subject);
  if (numbered === null) return null;
  if (numbered.number === 0) return { ...numbered, mail, files: [], fault: null };
  if (mail.fault !== null) {
    const fault = new ReadError(
      `${where(mail.at)}: the text of ${shown(mail.subject)} cannot be read: ${mail.fault}`,
    );
    return { ...numbered, mail, files: [], fault };
  }
  try {
    return { ...numbered, mail, files: parseDiff(mail.text, mail.lineAt), fault: null };
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    const fault = mail.flowed
      ? new ReadError(`${error.message}; the mail is format=flowed, which damages patches`)
      : error;
    return { ...numbered, mail, files: [], fault };
  }
}
