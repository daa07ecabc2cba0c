// SPDX-License-Identifier: GPL-2.0-only
// A fio job file read into jobs.

import { type JobFileContext, type OptionLine, readSections } from './ini';
import type { FioJob } from './job';
import { WITHOUT_EFFECT, findOption } from './option-table';
import { JobError, type Place } from './place';
import { type FlagTexts, applyFlags } from './job-flags';
import { finish } from './finish';
import { Settings } from './settings';
import { closest } from './suggest';

/** The section that flags are in: none of the file's. */
const FLAGS = -1;

export interface ReadJobs {
  /** At least one. */
  readonly jobs: readonly FioJob[];
  /** One line each, with file and line number: options that are ignored, defaults that are taken. */
  readonly warnings: readonly string[];
}

/**
 * Reads a job file in fio's own syntax.
 *
 * @param file path, for `context.read` and for messages
 * @param flags of the command line, for every job; each replaces what the file says about the same matter. (fio's own
 *   flags before a file are defaults that the file replaces.)
 * @throws JobError with file, line and what was expected
 */
export function readJobFile(
  file: string,
  context: JobFileContext,
  flags: FlagTexts = {},
): ReadJobs {
  const warnings: string[] = [];
  const warn = (text: string): void => {
    if (!warnings.includes(text)) warnings.push(text);
  };
  const common = new Settings();
  const jobs: FioJob[] = [];
  readSections(file, context).forEach(({ global, name, at, options }, i) => {
    if (global) common.section = i;
    const settings = global ? common : common.copy(i);
    applyAll(settings, options, warn);
    // A job is not named by a global section: its own name stands in the brackets.
    if (global) common.name = null;
    else {
      settings.section = FLAGS;
      applyFlags(settings, flags, warn);
      const head = { name, at, defaultIos: null, tellDefaults: true };
      const job = finish(settings, head, warn);
      if (settings.waitFor !== null) checkWait(job, settings.waitFor.at, jobs);
      jobs.push(job);
    }
  });
  if (jobs.length === 0) throw new JobError(file, null, 'has no job; expected a section [name]');
  return { jobs, warnings };
}

/** A job waits for all clones of one before it, whose name no other has: fio refuses all else. */
function checkWait({ name, waitFor }: FioJob, at: Place, before: readonly FioJob[]): void {
  const found = before.filter((job) => job.name === waitFor);
  if (waitFor === name) throw at.error('a job cannot wait for itself; expected a job before it');
  if (found.length === 0) throw at.error('no job before this one has that name; expected one');
  if (found.length > 1)
    throw at.error(`${String(found.length)} sections have that name; expected one, as fio does`);
}

function applyAll(
  settings: Settings,
  options: readonly OptionLine[],
  warn: (text: string) => void,
): void {
  const isFirst = (line: OptionLine): boolean => findOption(line.name)?.first === true;
  for (const line of options.filter(isFirst)) apply(settings, line, warn);
  for (const line of options.filter((line) => !isFirst(line))) apply(settings, line, warn);
}

function apply(
  settings: Settings,
  { name, value, at }: OptionLine,
  warn: (text: string) => void,
): void {
  const option = findOption(name);
  if (option === undefined) {
    if (!WITHOUT_EFFECT.has(name)) warn(at.warning(unknown(name)));
    return;
  }
  const text = value ?? option.bare;
  if (text === null) throw at.error(`expected ${name}=value`);
  if (text.trim() === '') throw at.error(`expected a value behind ${name}=`);
  option.set(settings, text, at, warn);
}

function unknown(name: string): string {
  const near = closest(name);
  return `not an option that is simulated; ignored${near === null ? '' : ` (is ${near} meant?)`}`;
}
