// SPDX-License-Identifier: GPL-2.0-only
// Which mails are one series: same version, same number of patches, same thread.

import type { Candidate } from './candidate';
import type { Mail } from './mail';
import { ReadError } from '../read-error';
import type { FilePatch, Patch } from './series';
import { shown, where } from './shown';

const DAY = 24 * 60 * 60 * 1000;

/** The mails of one series; some may be missing. */
export interface PatchSet {
  readonly version: number;
  readonly of: number;
  readonly resend: boolean;
  readonly sender: string;
  readonly thread: string;
  cover: Candidate | null;
  /** By number. */
  readonly patches: Map<number, Candidate>;
  /** Two different patches of one number. */
  doubled: ReadError | null;
}

/** The first mail of a thread, as far as the mails tell. */
function rootOf(mail: Mail, byId: ReadonlyMap<string, Mail>): string {
  if (mail.messageId === null) return `in ${mail.group}`;
  let root = mail.messageId;
  let at: Mail | undefined = mail;
  // A thread that answers itself in a circle ends where it began.
  for (const seen = new Set<string>(); at !== undefined && !seen.has(root); at = byId.get(root)) {
    seen.add(root);
    root = at.references[0] ?? at.inReplyTo ?? root;
  }
  return root;
}

/** The same hunks in the same files, wherever they stand. */
function diffText(files: readonly FilePatch[]): string {
  return JSON.stringify(files, (key, value: unknown) => (key === 'at' ? undefined : value));
}

function add(set: PatchSet, candidate: Candidate, notes: string[]): void {
  const place = where(candidate.mail.at);
  if (candidate.number === 0) {
    set.cover ??= candidate;
    return;
  }
  const other = set.patches.get(candidate.number);
  if (other === undefined) {
    set.patches.set(candidate.number, candidate);
    return;
  }
  const what = `patch ${String(candidate.number)}/${String(candidate.of)} of ${shown(subjectOf(set))}`;
  const same =
    candidate.fault?.message === other.fault?.message &&
    diffText(candidate.files) === diffText(other.files);
  if (same) notes.push(`${place}: ${what} again, the same as at ${where(other.mail.at)}`);
  else
    set.doubled ??= new ReadError(
      `${place}: ${what} differs from the one at ${where(other.mail.at)}; remove one of the two`,
    );
}

/** Joins what was sent without a common first mail. */
function merge(sets: readonly PatchSet[]): PatchSet[] {
  const out: PatchSet[] = [];
  for (const set of sets) {
    const into = out.find(
      (other) =>
        other.version === set.version &&
        other.of === set.of &&
        other.resend === set.resend &&
        (other.cover === null || set.cover === null) &&
        [...set.patches.keys()].every((number) => !other.patches.has(number)) &&
        (other.thread === set.thread ||
          (other.sender === set.sender &&
            Math.abs((sentAt(other) ?? 0) - (sentAt(set) ?? Infinity)) < DAY)),
    );
    if (into === undefined) out.push(set);
    else {
      for (const [number, patch] of set.patches) into.patches.set(number, patch);
      into.cover ??= set.cover;
      into.doubled ??= set.doubled;
    }
  }
  return out;
}

/** The series in the mails, complete or not; a note for each patch that is there twice. */
export function makeSets(
  mails: readonly Mail[],
  candidates: readonly Candidate[],
): { sets: PatchSet[]; notes: string[] } {
  const byId = new Map(
    mails.flatMap((mail) => (mail.messageId === null ? [] : [[mail.messageId, mail] as const])),
  );
  const sets = new Map<string, PatchSet>();
  const notes: string[] = [];
  for (const candidate of candidates) {
    const { version, of, resend, mail } = candidate;
    const thread = rootOf(mail, byId);
    // Patch files name their author, who need not be the same for all.
    const sender = mail.messageId === null ? '' : mail.from;
    const key = JSON.stringify([version, of, resend, sender, thread]);
    let set = sets.get(key);
    if (set === undefined) {
      set = { version, of, resend, sender, thread, cover: null, patches: new Map(), doubled: null };
      sets.set(key, set);
    }
    add(set, candidate, notes);
  }
  return { sets: merge([...sets.values()]), notes };
}

/** The numbers of the patches that are not there. */
export function missingOf(set: PatchSet): number[] {
  return Array.from({ length: set.of }, (_, i) => i + 1).filter((n) => !set.patches.has(n));
}

/** In order of their numbers. */
export function patchesOf(set: PatchSet): Candidate[] {
  return [...set.patches.values()].sort((a, b) => a.number - b.number);
}

export function filesOf(set: PatchSet): string[] {
  return [...new Set(patchesOf(set).flatMap(({ files }) => files.map(({ path }) => path)))];
}

/** That of the cover letter, else of the first patch. */
export function subjectOf(set: PatchSet): string {
  return (set.cover ?? patchesOf(set)[0])?.subject ?? '';
}

/** When its first mail was sent; null without a date. */
export function sentAt(set: PatchSet): number | null {
  const members = set.cover === null ? patchesOf(set) : [set.cover, ...patchesOf(set)];
  const dates = members.flatMap(({ mail }) => (mail.date === null ? [] : [mail.date]));
  return dates.length === 0 ? null : Math.min(...dates);
}

/** FILE:LINE of its first mail. */
export function placeOf(set: PatchSet): string {
  const first = set.cover ?? patchesOf(set)[0];
  return first === undefined ? '' : where(first.mail.at);
}

/** Drops what only choosing the series needs. */
export function toPatches(set: PatchSet): Patch[] {
  return patchesOf(set).map(({ number, of, subject, mail, files }) => ({
    number,
    of,
    subject,
    messageId: mail.messageId,
    files,
    at: mail.at,
  }));
}
