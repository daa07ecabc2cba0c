// SPDX-License-Identifier: GPL-2.0-only
// The text of a job file as sections of options, each with its place: comments, includes, variables.

import { printable } from '@iommu-bounce/dma-trace/parse';
import { FilePlace, JobError } from './place';

export interface OptionLine {
  readonly name: string;
  /** Null where the line has no `=`. */
  readonly value: string | null;
  readonly at: FilePlace;
}

export interface Section {
  readonly name: string;
  /** Its options are for every job behind it. As in fio, any name that begins with `global` is one. */
  readonly global: boolean;
  readonly at: FilePlace;
  readonly options: readonly OptionLine[];
}

/** What the text of a job file may refer to. */
export interface JobFileContext {
  /** Text of a file, undefined where it cannot be read. */
  readonly read: (path: string) => string | undefined;
  /** Values of `${NAME}`; one that is missing is empty, as in fio. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

const DEEPEST_INCLUDE = 16;
/** fio's OPT_LEN_MAX. */
const LONGEST_LINE = 8192;

interface Line {
  readonly text: string;
  readonly at: FilePlace;
}

/**
 * @throws JobError for a file that cannot be read, an option outside of a section, a section in an included file
 */
export function readSections(file: string, context: JobFileContext): Section[] {
  const sections: Section[] = [];
  let options: OptionLine[] | null = null;
  for (const { text, at } of lines(file, context)) {
    if (text.startsWith('[')) {
      options = [];
      const name = sectionName(text, at);
      sections.push({ name, global: name.startsWith('global'), at, options });
    } else if (options === null) {
      throw at.error('an option outside of a section; expected [global] or [name] first');
    } else if (text.startsWith('include')) {
      options.push(...included(text, at, file, [file], context));
    } else {
      options.push(option(text, at, context));
    }
  }
  return sections;
}

function sectionName(text: string, at: FilePlace): string {
  if (!text.endsWith(']')) throw at.error('expected [name] and nothing behind it');
  return text.slice(1, -1);
}

/** The options of an included file; its path is tried as it stands, then beside the file that names it. */
function included(
  text: string,
  at: FilePlace,
  from: string,
  chain: readonly string[],
  context: JobFileContext,
): OptionLine[] {
  const path = /^include\s+(\S.*)$/.exec(text)?.[1];
  if (path === undefined) throw at.error('expected include FILE');
  const beside = `${/^.*[/\\]/.exec(from)?.[0] ?? ''}${path}`;
  const found = context.read(path) === undefined ? beside : path;
  if (context.read(found) === undefined) throw at.error('the included file cannot be read');
  if (chain.includes(found)) throw at.error('the file includes itself');
  if (chain.length > DEEPEST_INCLUDE)
    throw at.error(`more than ${String(DEEPEST_INCLUDE)} files included in each other`);
  return lines(found, context).flatMap((line) => {
    if (line.text.startsWith('['))
      throw line.at.error('a section in an included file; expected options only');
    return line.text.startsWith('include')
      ? included(line.text, line.at, found, [...chain, found], context)
      : [option(line.text, line.at, context)];
  });
}

/** The lines that say something, without comments and the blanks around them. */
function lines(file: string, { read }: JobFileContext): Line[] {
  const text = read(file);
  if (text === undefined) throw new JobError(file, null, 'cannot be read; expected a fio job file');
  if (text.includes('\0')) throw new JobError(file, null, 'is binary; expected a fio job file');
  return text.split('\n').flatMap((whole, i) => {
    // Like fio: whatever follows the first ; or # is a comment, in the middle of a value too.
    const said = whole.replace(/[;#].*$/s, '').trim();
    const at = new FilePlace(file, i + 1, said);
    if (whole.length > LONGEST_LINE)
      throw at.error(`a line of more than ${String(LONGEST_LINE)} characters`);
    return said === '' ? [] : [{ text: said, at }];
  });
}

function option(text: string, at: FilePlace, { environment = {} }: JobFileContext): OptionLine {
  const equals = text.indexOf('=');
  if (equals < 0) return { name: text, value: null, at };
  const value = text
    .slice(equals + 1)
    .replace(/\$\{([^}]*)\}/g, (_, name: string) => environment[name] ?? '')
    .replaceAll('$pagesize', '4096');
  const keyword = /\$(?:mb_memory|ncpus)/.exec(value)?.[0];
  if (keyword !== undefined)
    throw at.error(
      `${printable(keyword)} is fio's word for the machine it runs on; expected a number`,
    );
  return { name: text.slice(0, equals).trim(), value, at };
}
