// SPDX-License-Identifier: GPL-2.0-only
// Changes a preset by file or by `name=value`: every name and value is checked against the table.

import { InputError, quoted, shown } from '../errors';
import { COST_PARAMETERS, type CostName, type CostParameters, costParameter } from './parameters';
import { DEFAULT_PRESET, PRESET_NAMES, isPresetName, preset, type PresetName } from './presets';

/** Where a value stands, as its errors begin: `file:line: `, or nothing for a single assignment. */
type Place = string;

export type Changes = Partial<Record<CostName, number>>;

/** @throws InputError for a name that is none; without a name, the default */
export function presetNamed(text: string | undefined): PresetName {
  if (text === undefined) return DEFAULT_PRESET;
  if (isPresetName(text)) return text;
  throw new InputError(`preset '${text}' is unknown, expected ${PRESET_NAMES.join(', ')}`);
}

/**
 * Values over a preset: first the file's, then the assignments in turn.
 * @param file its name and text, in JSON or in lines `name = value`
 * @param assignments texts `name=value`
 * @throws InputError that names the place and what was expected
 */
export function costParameters(
  name: PresetName,
  file: { readonly name: string; readonly text: string } | null = null,
  assignments: readonly string[] = [],
): CostParameters {
  let parameters = { ...preset(name), ...(file ? parseCostFile(file.text, file.name) : {}) };
  for (const text of assignments) parameters = { ...parameters, ...parseAssignment(text) };
  return parameters;
}

/** @throws InputError */
export function parseAssignment(text: string): Changes {
  const changes: Changes = {};
  readLine(text, '', changes);
  return changes;
}

/** @throws InputError */
export function parseCostFile(text: string, file: string): Changes {
  const changes = text.trimStart().startsWith('{') ? parseJson(text, file) : parseLines(text, file);
  if (Object.keys(changes).length === 0)
    throw new InputError(`${file}: sets no cost parameter, expected lines 'name=value' or JSON`);
  return changes;
}

function parseLines(text: string, file: string): Changes {
  const changes: Changes = {};
  const lineOf = new Map<string, number>();
  for (const [i, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.replace(/#.*/, '').trim();
    if (line === '') continue;
    const place = `${file}:${String(i + 1)}: `;
    const name = readLine(line, place, changes);
    const first = lineOf.get(name);
    if (first !== undefined)
      throw new InputError(`${place}${name} is set in line ${String(first)} already`);
    lineOf.set(name, i + 1);
  }
  return changes;
}

function readLine(line: string, place: Place, changes: Changes): CostName {
  const at = line.indexOf('=');
  if (at < 0) throw new InputError(`${place}expected 'name=value', got ${quoted(line)}`);
  const value = line.slice(at + 1).trim();
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value))
    throw new InputError(`${place}expected a number after '=', got ${quoted(value)}`);
  return change(line.slice(0, at).trim(), Number(value), place, changes);
}

function parseJson(text: string, file: string): Changes {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new InputError(
      `${file}:${String(jsonErrorLine(error, text))}: expected JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const changes: Changes = {};
  for (const [name, value] of Object.entries(document as object)) {
    const place = `${file}:${String(lineOfKey(text, name))}: `;
    if (typeof value !== 'number')
      throw new InputError(
        `${place}${name}: expected a number, got ${shown(JSON.stringify(value))}`,
      );
    change(name, value, place, changes);
  }
  return changes;
}

function change(name: string, value: number, place: Place, changes: Changes): CostName {
  const p = costParameter(name);
  if (!p)
    throw new InputError(`${place}there is no cost parameter ${quoted(name)}; ${closest(name)}`);
  if (!(value >= p.min && value <= p.max))
    throw new InputError(
      `${place}${name}: expected ${String(p.min)} to ${String(p.max)} ${p.unit}, got ${String(value)}`,
    );
  if (p.unit === 'count' && !Number.isInteger(value))
    throw new InputError(`${place}${name}: expected a whole number, got ${String(value)}`);
  changes[p.name] = value;
  return p.name;
}

/** What may have been meant. */
function closest(name: string): string {
  const wanted = name.toLowerCase();
  const near = COST_PARAMETERS.filter(
    (p) => p.name.toLowerCase() === wanted || p.name.toLowerCase().startsWith(wanted.slice(0, 3)),
  );
  const names = (near.length > 0 && wanted.length >= 3 ? near : COST_PARAMETERS).map((p) => p.name);
  return `expected one of ${names.join(', ')}`;
}

/** Node tells the position ("at position 17") for most errors; else the document's end is where it went wrong. */
function jsonErrorLine(error: unknown, text: string): number {
  const at = /position (\d+)/.exec(error instanceof Error ? error.message : '');
  return text.slice(0, at ? Number(at[1]) : text.length).split('\n').length;
}

function lineOfKey(text: string, name: string): number {
  const at = text.indexOf(JSON.stringify(name));
  return text.slice(0, Math.max(0, at)).split('\n').length;
}
