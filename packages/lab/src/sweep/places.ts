// SPDX-License-Identifier: GPL-2.0-only
// A YAML text as nodes that know their place: what is wrong in it is told with file, line and column.

import type { Document, LineCounter, Node, Scalar } from 'yaml';
import { UsageError } from '../errors';

/** A key of a mapping, and what it is mapped to. */
export interface Entry {
  readonly key: string;
  /** For messages about the key. */
  readonly keyNode: Node | null;
  readonly value: Node | null;
}

/** A scalar of a matrix or of the arguments. */
export interface Value {
  /** The word of the command line; null: the option is not given. */
  readonly text: string | null;
  /** The same in a row: a number where the text is one. */
  readonly value: string | number | boolean | null;
}

/** The library, loaded where a spec is read: no other verb pays for it. */
export type Yaml = typeof import('yaml');

const LONGEST = 1_000_000;

/** A parsed file. All its methods throw UsageError: `spec.yaml:3:7: expected …`. */
export class Places {
  private readonly lines: LineCounter;
  private readonly document: Document.Parsed;

  /** @param file as the user named it */
  constructor(
    private readonly yaml: Yaml,
    readonly file: string,
    text: string,
  ) {
    if (text.length > LONGEST)
      throw new UsageError(`${file}: expected at most ${String(LONGEST)} characters`);
    this.lines = new yaml.LineCounter();
    this.document = yaml.parseDocument(text, { lineCounter: this.lines, prettyErrors: false });
    const [error] = [...this.document.errors, ...this.document.warnings];
    if (error) {
      const [pos] = error.pos;
      // What becomes of `[runs[0].iops]`.
      const hint = /^\w\[/.test(text.slice(pos - 1, pos + 1))
        ? '; expected quotes around a path with [ ] that stands in a list or mapping in brackets'
        : '';
      throw new UsageError(
        `${this.at(pos)}: ${error.code === 'MULTIPLE_DOCS' ? 'another document begins; expected one' : error.message + hint}`,
      );
    }
  }

  get root(): Node | null {
    return this.document.contents;
  }

  /** Ends with what is wrong at a node. */
  fail(node: Node | null, what: string): never {
    throw new UsageError(`${this.at(node?.range?.[0] ?? 0)}: ${what}`);
  }

  /** @param expected what the mapping should be, for the message */
  entries(node: Node | null, expected: string): Entry[] {
    const map = this.resolved(node);
    if (!this.yaml.isMap(map)) this.fail(node, `expected ${expected}`);
    return map.items.map(({ key, value }) => {
      const keyNode = this.yaml.isNode(key) ? key : null;
      if (!this.yaml.isScalar(key) || !isPlain(key.value)) this.fail(keyNode, 'expected a name');
      return {
        key: key.source ?? String(key.value),
        keyNode,
        value: this.yaml.isNode(value) ? value : null,
      };
    });
  }

  /** The entries of a list, or null if it is none. */
  list(node: Node | null): Node[] | null {
    const seq = this.resolved(node);
    return this.yaml.isSeq(seq)
      ? seq.items.map((item) =>
          this.yaml.isNode(item) ? item : this.fail(node, 'an entry is empty'),
        )
      : null;
  }

  isMapping(node: Node | null): boolean {
    return this.yaml.isMap(this.resolved(node));
  }

  value(node: Node | null): Value {
    const scalar = this.scalar(node, 'a text, a number, true, false or null');
    const { value } = scalar;
    if (value === null) return { text: null, value: null };
    if (typeof value === 'string' || typeof value === 'boolean')
      return { text: String(value), value };
    // A version like 5.10 is no number: the command line has the text.
    const text = scalar.source ?? String(value);
    return { text, value: String(value) === text ? value : text };
  }

  text(node: Node | null, expected: string): string {
    const { text } = this.value(node);
    return text === null || text === '' ? this.fail(node, `expected ${expected}`) : text;
  }

  /** A finite number within limits. */
  number(node: Node | null, expected: string, least: number, most: number): number {
    const { value } = this.scalar(node, expected);
    if (typeof value !== 'number' || !(value >= least && value <= most))
      this.fail(node, `expected ${expected}, from ${String(least)} to ${String(most)}`);
    return value;
  }

  whole(node: Node | null, expected: string, least: number, most: number): number {
    const n = this.number(node, expected, least, most);
    return Number.isInteger(n) ? n : this.fail(node, `expected ${expected}`);
  }

  private scalar(node: Node | null, expected: string): Scalar<Plain | null> {
    const scalar = this.resolved(node);
    if (!this.yaml.isScalar<Plain | null>(scalar)) return this.fail(node, `expected ${expected}`);
    const { value } = scalar;
    if (
      value !== null &&
      (!isPlain(value) || !(typeof value !== 'number' || Number.isFinite(value)))
    )
      this.fail(node, `expected ${expected}`);
    return scalar;
  }

  private resolved(node: Node | null): Node | null {
    if (!this.yaml.isAlias(node)) return node;
    return node.resolve(this.document) ?? this.fail(node, `there is no anchor '${node.source}'`);
  }

  private at(offset: number): string {
    const { line, col } = this.lines.linePos(offset);
    // Of an empty file.
    return `${this.file}:${String(Math.max(line, 1))}:${String(Math.max(col, 1))}`;
  }
}

type Plain = string | number | boolean;

function isPlain(value: unknown): value is Plain {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
