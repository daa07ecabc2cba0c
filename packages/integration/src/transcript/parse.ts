// SPDX-License-Identifier: GPL-2.0-only
// The text of a transcript to a header and operations, each checked before anything is replayed.

import { TranscriptError } from './error';
import { type Json, kinds, shapeProblem, show } from './fields';
import { type TranscriptHeader, parseHeader } from './header';
import { VERSION_2_OPS, schemas } from './schema';

/** One operation with what was recorded of it. */
export interface TranscriptOp {
  /** 1-based line in the file. */
  readonly line: number;
  readonly name: string;
  readonly fields: Readonly<Record<string, Json>>;
}

export interface Transcript {
  readonly header: TranscriptHeader;
  readonly ops: readonly TranscriptOp[];
}

/** How the real code ended at an operation: a signal or a failed assertion. */
export const ENDINGS = ['crash', 'bug'] as const;

/** What an operation of version 2 may say: the CPU that it runs on, and of `destroy` and looks inside, whose domain. */
const VERSION_2 = ['cpu', 'group'] as const;

/** @throws TranscriptError for anything that is no transcript of version 1 or 2 */
export function parseTranscript(text: string): Transcript {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const [first, ...rest] = lines;
  if (first === undefined || text === '')
    throw new TranscriptError(1, 'the file is empty, expected a header');
  const header = parseHeader(parseJson(first, 1));
  const ops = rest.map((line, i) => parseOp(parseJson(line, i + 2), i + 2, header));
  const ended = ops.findIndex((op) => ENDINGS.some((e) => e in op.fields));
  const after = ended < 0 ? undefined : ops[ended + 1];
  if (after)
    throw new TranscriptError(
      after.line,
      'an operation after the one that died, expected the end of the file',
    );
  return { header, ops };
}

function parseJson(text: string, line: number): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    const what =
      text.trim() === ''
        ? 'a blank line'
        : /[^\x20-\x7e\t\r]/.test(text)
          ? 'binary or non-ASCII text'
          : 'broken JSON';
    throw new TranscriptError(line, `${what}, expected one JSON object (is the file cut short?)`);
  }
}

/** Bytes of a device's access. */
const MOST_ACCESSED = 2 ** 30;

/**
 * @param header of the transcript: version 2 knows more fields
 * @param has whether what was observed is there, too
 * @throws TranscriptError at the line given
 */
export function parseOp(
  value: Json,
  line: number,
  header: TranscriptHeader,
  has: 'arguments' | 'a record' = 'a record',
): TranscriptOp {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TranscriptError(line, `${show(value)}, expected an operation`);
  const fields = value as Readonly<Record<string, Json>>;
  const name = fields['op'];
  const isKnown = (one: string): boolean => header.version !== 1 || !VERSION_2_OPS.has(one);
  const schema =
    typeof name === 'string' && Object.hasOwn(schemas, name) && isKnown(name)
      ? schemas[name]
      : undefined;
  if (typeof name !== 'string' || !schema)
    throw new TranscriptError(
      line,
      `unknown op ${show(name)}, expected one of ${Object.keys(schemas).filter(isKnown).join(', ')}`,
    );

  const died = ENDINGS.some((e) => e in fields);
  const tolerated = [
    'op',
    'comment',
    'dev',
    ...(header.version === 1 ? [] : VERSION_2),
    ...ENDINGS,
    ...(died ? Object.keys(schema.observed).map(bare) : []),
  ];
  const problem = shapeProblem(
    fields,
    died || has === 'arguments' ? schema.takes : { ...schema.takes, ...schema.observed },
    tolerated,
  );
  if (problem !== null) throw new TranscriptError(line, `${name}: ${problem}`);
  const { cpu = 0, group = 0 } = fields;
  if (!kinds.uint.accepts(cpu) || cpu >= header.nrCpus)
    throw new TranscriptError(
      line,
      `${name}: field cpu is ${show(cpu)}, expected 0 to ${String(header.nrCpus - 1)}`,
    );
  if (!kinds.uint.accepts(group))
    throw new TranscriptError(
      line,
      `${name}: field group is ${show(group)}, expected ${kinds.uint.expected}`,
    );
  const { site, len } = fields;
  if (name.startsWith('dev_') && typeof len === 'number' && len > MOST_ACCESSED)
    throw new TranscriptError(
      line,
      `${name}: field len is ${show(len)}, expected at most ${String(MOST_ACCESSED)}`,
    );
  if (
    header.driver === 'virtio' &&
    name === 'fail' &&
    (site === 'iommu_map' || site === 'iommu_unmap')
  )
    throw new TranscriptError(
      line,
      `fail: field site is ${show(site)}, expected another: only the driver table has it`,
    );
  return { line, name, fields };
}

function bare(name: string): string {
  return name.replace(/\?$/, '');
}
