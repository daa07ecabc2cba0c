// SPDX-License-Identifier: GPL-2.0-only
// Captures and their facts with other names and addresses: read, written, and read again to compare.

import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import {
  LineAnonymiser,
  type LineFigures,
  type Renaming,
  RenamingSurvey,
  TraceError,
  type TraceFacts,
  drawFrom,
  factsPaths,
  readTrace,
  renamedFacts,
  surveyFacts,
} from '@iommu-bounce/dma-trace';
import type { LossSection } from '../compare';
import { lossSection } from '../compare/losses';
import { UsageError } from '../errors';
import { statOrNot } from '../files';
import type { OnProgress } from '../progress';
import { factsBeside } from '../spool';
import { EventAccount, differencesOf } from './account';
import type { AnonymiseDocument, AnonymisedFile } from './document';
import { keptThings } from './kept';
import type { Targets } from './targets';
import { writeLines } from './write-lines';

export interface AnonymiseOptions {
  readonly captures: readonly string[];
  /** Where each goes. */
  readonly paths: readonly string[];
  readonly targets: Targets;
  readonly seed: string;
  readonly pathOf: (file: string) => string;
  readonly progress: OnProgress;
}

interface Surveyed {
  readonly capture: string;
  readonly facts: TraceFacts | null;
  readonly counted: Counted;
}

interface Counted {
  readonly counts: ReadonlyMap<string, number>;
  readonly losses: LossSection;
}

/** @throws TraceError for what cannot be read, UsageError for what cannot be written; then nothing is */
export async function anonymise(options: AnonymiseOptions): Promise<AnonymiseDocument> {
  const { captures, paths, targets, seed, pathOf } = options;
  const survey = new RenamingSurvey();
  const surveyed: Surveyed[] = [];
  for (const [i, capture] of captures.entries()) {
    const { facts } = await factsBeside(capture, pathOf(capture));
    if (facts !== null) surveyFacts(facts, survey);
    const counted = await count(capture, pathOf(capture), survey, step(options, 0, i));
    surveyed.push({ capture, facts, counted });
  }
  const renaming = survey.finish(drawFrom(seed));
  const files: AnonymisedFile[] = [];
  const differences: string[] = [];
  for (const [i, { capture, facts, counted }] of surveyed.entries()) {
    const path = paths[i] ?? '';
    const anonymiser = new LineAnonymiser(renaming);
    const to = targets.temporaryOf(path);
    const show = step(options, 1, i);
    await writeLines({ file: capture, path: pathOf(capture), onRead: show }, anonymiser, {
      to,
      gzip: path.endsWith('.gz'),
    });
    const written = facts === null ? null : await writeFacts(facts, path, renaming, targets);
    targets.withoutFacts(path, written);
    files.push(fileRow(capture, path, written, anonymiser.figures, counted.losses));
    const again = await countAgain(capture, to, step(options, 2, i));
    differences.push(...differencesOf(counted.counts, again).map((one) => `${path}: ${one}`));
  }
  targets.done();
  return {
    files,
    replaced: replacedBy(renaming),
    kept: keptThings(
      renaming.addresses,
      surveyed.some(({ facts }) => (facts?.poolClasses.length ?? 0) > 0),
    ),
    same_account: differences.length === 0,
    differences,
  };
}

/** One reading of one file, of three readings of all. */
function step(
  { captures, pathOf, progress }: AnonymiseOptions,
  reading: 0 | 1 | 2,
  i: number,
): (bytes: number) => void {
  const capture = captures[i] ?? '';
  const size = Math.max(1, statOrNot(pathOf(capture))?.size ?? 1);
  let read = 0;
  return (bytes) => {
    read += bytes;
    const share = (i + Math.min(1, read / size)) / captures.length;
    progress(capture, (reading === 0 ? share : 1 + share) / 2);
  };
}

/** Reads a capture once. */
async function count(
  file: string,
  path: string,
  survey: RenamingSurvey | null,
  show: (bytes: number) => void,
): Promise<Counted> {
  const reader = readTrace(file, path);
  const account = new EventAccount(file);
  let before = 0;
  for await (const batch of reader.batches()) {
    for (const event of batch) {
      account.add(event);
      survey?.event(event);
    }
    show(reader.bytesRead - before);
    before = reader.bytesRead;
  }
  const { counters, header } = reader;
  const { losses } = account;
  return {
    counts: account.finish(reader),
    losses: lossSection({ files: [{ file }], counters: [counters], cpus: header.cpus, losses }),
  };
}

/** @throws UsageError if nothing is left of a capture */
async function countAgain(
  capture: string,
  to: string,
  show: (bytes: number) => void,
): Promise<ReadonlyMap<string, number>> {
  try {
    return (await count(capture, to, null, show)).counts;
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    throw new UsageError(
      `${capture}: none of its lines could be written with other names; expected events, or messages about DMA`,
    );
  }
}

async function writeFacts(
  facts: TraceFacts,
  path: string,
  renaming: Renaming,
  targets: Targets,
): Promise<string> {
  const json = JSON.parse(await readFile(facts.file, 'utf8')) as Record<string, unknown>;
  const [to] = factsPaths(path);
  writeFileSync(
    targets.temporaryOf(to),
    `${JSON.stringify(renamedFacts(json, renaming), null, 2)}\n`,
    {
      flag: 'wx',
    },
  );
  return to;
}

function fileRow(
  capture: string,
  written: string,
  facts: string | null,
  figures: LineFigures,
  losses: LossSection,
): AnonymisedFile {
  return {
    capture,
    written,
    facts,
    lines: figures.lines,
    events: figures.rewritten,
    events_emptied: figures.emptied,
    log_lines: figures.logLines,
    log_lines_emptied: figures.logLinesEmptied,
    comments: figures.comments,
    not_understood: figures.notUnderstood,
    losses,
    failed: figures.failed,
  };
}

function replacedBy({
  addresses,
  deviceCount,
  tasks,
  pointers,
  words,
}: Renaming): AnonymiseDocument['replaced'] {
  return {
    address_runs: addresses.counts.moved,
    devices: deviceCount,
    ...tasks.counts,
    pointers: pointers.count,
    words: words.count,
  };
}
