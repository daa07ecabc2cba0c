// SPDX-License-Identifier: GPL-2.0-only
// Which of the series in a thread is the ported one, and which went before it.

import { ReadError } from '../read-error';
import { readCandidate } from './candidate';
import type { Mail } from './mail';
import {
  type PatchSet,
  filesOf,
  makeSets,
  missingOf,
  patchesOf,
  placeOf,
  sentAt,
  subjectOf,
  toPatches,
} from './sets';
import type { Series } from './series';
import { shown, where } from './shown';

/** The series that the port mirrors, as far as the port tells. */
export interface Wanted {
  /** How many patches it has. */
  readonly patches: number;
  /** The C files that the port mirrors, from the root of the kernel; more than the series changes. */
  readonly files: readonly string[];
  /** The functions that the port has from patch n, from 1; empty if it does not say. */
  addedBy(patch: number): readonly string[];
}

function described(set: PatchSet): string {
  const patches = set.of === 1 ? '1 patch' : `${String(set.of)} patches`;
  return `${shown(subjectOf(set))}, version ${String(set.version)}, ${patches}`;
}

function missingText(set: PatchSet): string {
  const missing = missingOf(set).map((n) => `${String(n)}/${String(set.of)}`);
  if (missing.length > 8)
    return `${String(missing.length)} of ${String(set.of)} patches are missing`;
  return `${missing.length === 1 ? 'patch' : 'patches'} ${missing.join(', ')} missing`;
}

/** The names in the lines that a patch adds. */
function addedNames(set: PatchSet, number: number): Set<string> {
  const files = set.patches.get(number)?.files ?? [];
  return new Set(
    files
      .flatMap(({ hunks }) => hunks.flatMap(({ lines }) => lines))
      .flatMap((line) => (line.startsWith('+') ? (line.match(/[A-Za-z_]\w*/g) ?? []) : [])),
  );
}

/** Why the port does not mirror a complete set; null if it does. */
function unfit(set: PatchSet, wanted: Wanted): string | null {
  if (set.of !== wanted.patches)
    return `the port mirrors a series of ${String(wanted.patches)} patches`;
  const sources = filesOf(set).filter((path) => /\.[ch]$/.test(path));
  const mirrored = sources.filter((path) => wanted.files.includes(path));
  if (mirrored.length === 0 || mirrored.length < sources.length / 2)
    return `it changes other files than the port mirrors: ${sources.filter((path) => !mirrored.includes(path)).join(', ') || 'no C file'}`;
  for (let n = 1; n <= set.of; n++) {
    const names = wanted.addedBy(n);
    const added = addedNames(set, n);
    const absent = names.filter((name) => !added.has(name));
    if (absent.length > names.length / 2)
      return `its patch ${String(n)}/${String(set.of)} adds ${String(names.length - absent.length)} of the ${String(names.length)} functions that the port has from it; ${absent[0] ?? ''} is not among them`;
  }
  return null;
}

function isComplete(set: PatchSet): boolean {
  return missingOf(set).length === 0;
}

function faultOf(set: PatchSet): ReadError | null {
  return patchesOf(set).find(({ fault }) => fault !== null)?.fault ?? set.doubled;
}

function sharesFiles(set: PatchSet, files: readonly string[]): boolean {
  return filesOf(set).some((path) => files.includes(path));
}

/** What is wrong with the copy, seen from the set that is most like the wanted one. */
function refusal(sets: readonly PatchSet[], wanted: Wanted, empty: readonly string[]): ReadError {
  const ofSize = sets.filter((set) => set.of === wanted.patches);
  const ranked = [
    ...ofSize.filter((set) => sharesFiles(set, wanted.files)),
    ...ofSize.filter((set) => !sharesFiles(set, wanted.files)),
    ...sets.filter((set) => sharesFiles(set, wanted.files)),
    ...sets,
  ];
  const set = ranked[0];
  if (set === undefined) return new ReadError(empty.join('; '));
  const place = `${placeOf(set)}: ${described(set)}`;
  if (set.of !== wanted.patches) return new ReadError(`${place}: ${unfit(set, wanted) ?? ''}`);
  const fault = faultOf(set);
  if (fault !== null) return fault;
  if (!isComplete(set))
    return new ReadError([`${place}: ${missingText(set)}`, ...empty].join('; '));
  return new ReadError(`${place}: not the ported series: ${unfit(set, wanted) ?? ''}`);
}

/** Earlier complete series over the same files, the oldest first; of several versions of one the latest. */
function setsBefore(chosen: PatchSet, others: readonly PatchSet[]): PatchSet[] {
  const time = sentAt(chosen);
  const files = filesOf(chosen);
  const earlier = others
    .filter((set) => isComplete(set) && faultOf(set) === null && sharesFiles(set, files))
    .filter((set) => {
      const sent = sentAt(set);
      return time !== null && sent !== null && sent < time;
    })
    .sort((a, b) => (sentAt(a) ?? 0) - (sentAt(b) ?? 0));
  const subjects = (set: PatchSet): string[] => patchesOf(set).map(({ subject }) => subject);
  return earlier.filter((set, i) => {
    const mine = subjects(set);
    const again = (other: PatchSet): boolean => subjects(other).some((s) => mine.includes(s));
    return !again(chosen) && !earlier.slice(i + 1).some(again);
  });
}

function whyUnused(set: PatchSet, chosen: PatchSet, wanted: Wanted): string {
  if (!isComplete(set)) return missingText(set);
  const fault = faultOf(set);
  if (fault !== null) return `damaged (${fault.message})`;
  if (unfit(set, wanted) === null) return 'the same series once more';
  const [time, sent] = [sentAt(chosen), sentAt(set)];
  if (time === null || sent === null) return 'its date is not known';
  return sent < time ? 'a later version of it is used' : 'it was sent later';
}

/** One line for each series over the same files; the others of an archive are counted. */
function unusedNotes(
  source: string,
  sets: readonly PatchSet[],
  chosen: PatchSet,
  wanted: Wanted,
): string[] {
  const files = filesOf(chosen);
  const near = sets.filter(
    (set) => sharesFiles(set, files) || (faultOf(set) !== null && filesOf(set).length === 0),
  );
  const far = sets.length - near.length;
  return [
    ...near.map(
      (set) => `${placeOf(set)}: ${described(set)}: not used: ${whyUnused(set, chosen, wanted)}`,
    ),
    ...(far === 0 ? [] : [`${source}: ${counted(far, 'series')} over other files not used`]),
  ];
}

function counted(count: number, what: string, plural = what): string {
  return `${String(count)} other ${count === 1 ? what : plural}`;
}

/**
 * The ported series among mails, with the series that it needs.
 * @param source the name of the copy, for errors
 * @throws ReadError if it is not there, not complete, damaged, there twice, or if only another series or version is there
 */
export function chooseSeries(source: string, mails: readonly Mail[], wanted: Wanted): Series {
  const candidates = mails.flatMap((mail) => readCandidate(mail) ?? []);
  const isEmpty = (c: (typeof candidates)[number]): boolean =>
    c.number > 0 && c.files.length === 0 && c.fault === null;
  const empty = candidates
    .filter(isEmpty)
    .map((c) => `${where(c.mail.at)}: ${shown(c.mail.subject)} has no diff`);
  const { sets: all, notes } = makeSets(
    mails,
    candidates.filter((c) => !isEmpty(c)),
  );
  const sets = all.filter((set) => set.patches.size > 0);
  if (sets.length === 0 && empty.length === 0)
    throw new ReadError(
      `${source}: no series; none of the ${String(mails.length)} mails is a patch with a subject "[PATCH n/m] …"`,
    );
  const fitting = sets
    .filter((set) => isComplete(set) && unfit(set, wanted) === null)
    .sort((a, b) => (sentAt(a) ?? 0) - (sentAt(b) ?? 0));
  const chosen = fitting.find((set) => faultOf(set) === null) ?? fitting[0];
  if (chosen === undefined) throw refusal(sets, wanted, empty);
  const fault = faultOf(chosen);
  if (fault !== null) throw fault;

  const others = sets.filter((set) => set !== chosen);
  const before = setsBefore(chosen, others);
  const unused = unusedNotes(
    source,
    others.filter((set) => !before.includes(set)),
    chosen,
    wanted,
  );
  const rest = mails.length - candidates.length;
  return {
    version: chosen.version,
    subject: subjectOf(chosen),
    cover: chosen.cover && {
      subject: chosen.cover.subject,
      messageId: chosen.cover.mail.messageId,
    },
    patches: toPatches(chosen),
    before: before.flatMap(toPatches),
    notes: [
      ...notes,
      ...empty,
      ...unused,
      ...(rest === 0 ? [] : [`${source}: ${counted(rest, 'mail', 'mails')} not used`]),
    ],
  };
}
