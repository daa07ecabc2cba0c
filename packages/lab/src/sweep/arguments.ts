// SPDX-License-Identifier: GPL-2.0-only
// The command line of a point: fixed words with places for axes, and an option for each other axis. In one order, so that
// two spellings of a point are one point.

import { createHash } from 'node:crypto';
import type { Node } from 'yaml';
import { VERSION } from '../package';
import type { Places, Value } from './places';
import type { Verb, VerbOption } from './verbs';

/** Text, and numbers of axes whose values stand between. */
type Template = readonly (string | number)[];

/** An option with its value, or an operand. */
interface Word {
  /** `--bs`; null for an operand. */
  readonly flag: string | null;
  /** Null: an option without a value. */
  readonly value: Template | null;
}

/** An axis that is an option. */
interface AxisOption {
  readonly axis: number;
  readonly flag: string;
  /** In front of the value: `vmexitNs=`. */
  readonly prefix: string;
  readonly takesValue: boolean;
}

type Option = Word | AxisOption;

/** A name in braces, within an argument. */
const PLACE = /\{([^{}]*)\}/g;

/** One stream for all points. */
const STDIN: ReadonlySet<string> = new Set(['/dev/stdin', '/dev/fd/0', '/proc/self/fd/0']);

export class Arguments {
  private readonly operands: Word[] = [];
  private readonly options: Option[] = [];
  /** Numbers of axes that stand in fixed arguments: they cannot be left out. */
  readonly inPlaces = new Set<number>();

  /**
   * @param axes names, in the order of a point's values
   * @throws UsageError with the place of what is wrong
   */
  constructor(
    private readonly places: Places,
    private readonly verb: Verb,
    fixed: readonly Node[],
    private readonly axes: readonly { readonly name: string; readonly node: Node | null }[],
  ) {
    for (let i = 0; i < fixed.length; i++) {
      const node = fixed[i] ?? null;
      const text = places.text(node, 'a word of the command line');
      if (!text.startsWith('-')) {
        this.operands.push({ flag: null, value: this.template(node, text) });
        continue;
      }
      const [flag = '', ...after] = text.split('=');
      const option = this.optionNamed(flag, node);
      if (!option.takesValue) {
        if (after.length > 0) places.fail(node, `${option.flag} takes no value`);
        this.options.push({ flag: option.flag, value: null });
        continue;
      }
      const next =
        after.length > 0
          ? node
          : (fixed[++i] ?? places.fail(node, `${option.flag}: expected a value after it`));
      const value =
        after.length > 0 ? after.join('=') : places.text(next, `a value of ${option.flag}`);
      this.options.push({ flag: option.flag, value: this.template(next, value) });
    }
    for (const [axis, { name, node }] of axes.entries())
      if (!this.inPlaces.has(axis)) this.options.push(this.axisOption(axis, name, node));
    this.options.sort((a, b) => ((a.flag ?? '') < (b.flag ?? '') ? -1 : a.flag === b.flag ? 0 : 1));
  }

  /** Refuses a value that its option cannot have. @param node where it stands */
  check(axis: number, value: Value, node: Node | null): void {
    const { name } = this.axes[axis] ?? { name: '' };
    if (value.text === '-' || STDIN.has(value.text ?? ''))
      this.places.fail(
        node,
        `${name}: stdin can be read by one point only; expected the name of a file`,
      );
    if (this.inPlaces.has(axis)) {
      if (value.text === null)
        this.places.fail(node, `${name}: stands in the arguments; expected a value, not null`);
      else if (value.text.startsWith('-') && this.operands.some((one) => beginsWith(one, axis)))
        this.places.fail(
          node,
          `${name}: '${value.text}' would be an option; expected ./${value.text} for a file of that name`,
        );
      return;
    }
    const option = this.options.find((one) => 'axis' in one && one.axis === axis) as AxisOption;
    if (!option.takesValue && typeof value.value !== 'boolean' && value.value !== null)
      this.places.fail(
        node,
        `${name}: ${option.flag} takes no value; expected true, false or null`,
      );
  }

  /** @param values one for each axis */
  of(values: readonly Value[]): string[] {
    const args = [this.verb.name];
    for (const { value } of this.operands) if (value !== null) args.push(filled(value, values));
    for (const option of this.options) {
      const flag = option.flag ?? '';
      if ('axis' in option) {
        const { text, value } = values[option.axis] ?? { text: null, value: null };
        if (option.takesValue) {
          if (text !== null) args.push(flag, option.prefix + text);
        } else if (value === !flag.startsWith('--no-')) args.push(flag);
      } else if (option.value === null) args.push(flag);
      else args.push(flag, filled(option.value, values));
    }
    return args;
  }

  /** The words that can be names of files, for each choice of the axes that stand in them. */
  *words(valuesOf: (axis: number) => Iterable<Value>): Generator<string> {
    for (const { value } of [
      ...this.operands,
      ...this.options.filter((one) => !('axis' in one)),
    ] as Word[])
      if (value !== null) yield* filledAll(value, valuesOf);
    for (const option of this.options)
      if ('axis' in option && option.takesValue && option.prefix === '')
        for (const { text } of valuesOf(option.axis)) if (text !== null) yield text;
  }

  private axisOption(axis: number, name: string, node: Node | null): AxisOption {
    // `data: false` is --no-data.
    const dashed = `--${name.replaceAll('_', '-')}`;
    const negated = this.verb.options.get(dashed.replace('--', '--no-'));
    if (!this.verb.options.has(dashed) && negated && !negated.takesValue)
      return { axis, flag: negated.flag, prefix: '', takesValue: false };
    const dot = name.indexOf('.');
    if (dot > 0 && this.verb.options.get(`--${name.slice(0, dot)}`)?.takesSetting === true)
      return {
        axis,
        flag: `--${name.slice(0, dot)}`,
        prefix: `${name.slice(dot + 1)}=`,
        takesValue: true,
      };
    const { flag, takesValue } = this.optionNamed(dashed, node);
    if (this.options.some((one) => one.flag === flag))
      this.places.fail(node, `${name}: ${flag} is there already`);
    return { axis, flag, prefix: '', takesValue };
  }

  private optionNamed(flag: string, node: Node | null): VerbOption {
    const option = this.verb.options.get(flag.replaceAll('_', '-'));
    if (option) return option;
    const known = [...this.verb.options.keys()].join(', ');
    return this.places.fail(
      node,
      `${this.verb.name} has no option ${flag} that a sweep can vary; expected one of ${known}, or an axis whose name stands in braces in args`,
    );
  }

  private template(node: Node | null, text: string): Template {
    if (STDIN.has(text))
      this.places.fail(node, 'stdin can be read by one point only; expected the name of a file');
    const parts: (string | number)[] = [];
    let from = 0;
    for (const found of text.matchAll(PLACE)) {
      const axis = this.axes.findIndex(({ name }) => name === found[1]);
      if (axis < 0)
        this.places.fail(
          node,
          `${found[0]}: expected an axis of the matrix: ${this.axes.map(({ name }) => name).join(', ')}`,
        );
      this.inPlaces.add(axis);
      parts.push(text.slice(from, found.index), axis);
      from = found.index + found[0].length;
    }
    return [...parts, text.slice(from)];
  }
}

/** 128 bits of version and command line, in hexadecimal. */
export function hashOf(args: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([VERSION, ...args]))
    .digest('hex')
    .slice(0, 32);
}

/** Whether the operand's first character is one of the axis' value. */
function beginsWith({ value }: Word, axis: number): boolean {
  return value?.find((part) => part !== '') === axis;
}

function filled(template: Template, values: readonly Value[]): string {
  let text = '';
  for (const part of template) text += typeof part === 'string' ? part : (values[part]?.text ?? '');
  return text;
}

function* filledAll(
  [part, ...rest]: Template,
  valuesOf: (axis: number) => Iterable<Value>,
  before = '',
): Generator<string> {
  if (part === undefined) yield before;
  else if (typeof part === 'string') yield* filledAll(rest, valuesOf, before + part);
  else
    for (const { text } of valuesOf(part)) yield* filledAll(rest, valuesOf, before + (text ?? ''));
}
