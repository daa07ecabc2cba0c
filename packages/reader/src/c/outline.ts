// SPDX-License-Identifier: GPL-2.0-only
// The named things of a C text, item by item.

import type { Node, Parser } from 'web-tree-sitter';
import type { Definition, DefinitionKind } from '../syntax/definition';
import type { Chunk } from './chunks';
import { DECLARING, REGISTRATION, withoutMacros } from './macros';
import { StepsOfC } from './steps';

/** What an item defines, and what the grammar could not make of it; the item's first line is 0. */
export interface Outline {
  readonly definitions: readonly Definition[];
  readonly notes: readonly { readonly line: number; readonly text: string }[];
}

function definition(
  kind: DefinitionKind,
  name: string,
  from: number,
  to: number,
  owner: string | null = null,
): Definition {
  return { kind, name, from, to, owner, steps: [] };
}

/** The name in a declarator, inside of pointers, arrays, parentheses and arguments. */
function declaredName(node: Node | null): string | null {
  let at = node;
  while (at) {
    if (/^(?:identifier|field_identifier|type_identifier)$/u.test(at.type)) return at.text;
    at =
      at.childForFieldName('declarator') ??
      at.namedChildren.find(
        (child) => child !== null && /declarator|identifier/u.test(child.type),
      ) ??
      null;
  }
  return null;
}

/** True for a declarator with arguments that is not a pointer to a function. */
function declaresFunction(node: Node): boolean {
  let at: Node | null = node;
  while (at && at.type !== 'function_declarator') at = at.childForFieldName('declarator');
  return at?.childForFieldName('declarator')?.type === 'identifier';
}

/** Finds the definitions of one item. */
export class OutlineOfItem {
  private readonly definitions: Definition[] = [];
  private readonly notes: { line: number; text: string }[] = [];

  constructor(
    private readonly chunk: Chunk,
    private readonly parser: Parser,
  ) {}

  outline(): Outline {
    const { chunk } = this;
    const last = chunk.to - chunk.from;
    if (chunk.text.startsWith('#')) this.addMacro();
    else {
      const registration = REGISTRATION.exec(chunk.text);
      const declaring = DECLARING.exec(chunk.text);
      if (registration) {
        const name = (registration[2] ?? '').replace(/"/gu, '') || (registration[1] ?? '');
        this.definitions.push(definition('registration', name, 0, last, registration[1] ?? null));
      } else if (declaring)
        this.definitions.push(definition('variable', declaring[2] ?? '', 0, last));
      else this.parse();
    }
    return { definitions: this.definitions, notes: this.notes };
  }

  private addMacro(): void {
    const name = /^#\s*define\s+(\w+)/u.exec(this.chunk.text)?.[1];
    if (name !== undefined)
      this.definitions.push(definition('macro', name, 0, this.chunk.to - this.chunk.from));
  }

  private parse(): void {
    const { text, loops } = withoutMacros(this.chunk.text);
    const tree = this.parser.parse(text);
    if (!tree) return;
    for (const node of tree.rootNode.namedChildren) {
      if (!node) continue;
      if (node.type === 'function_definition') this.addFunction(node, loops);
      else if (node.type === 'declaration' || node.type === 'type_definition')
        this.addDeclaration(node);
      else this.addType(node);
    }
    if (tree.rootNode.hasError) {
      const row = firstError(tree.rootNode)?.startPosition.row ?? 0;
      const what = this.definitions[0]?.name ?? 'an item';
      this.notes.push({
        line: row,
        text: `${what}: the C grammar does not understand this line; expected C with known kernel macros`,
      });
    }
    tree.delete();
  }

  private addFunction(node: Node, loops: ReadonlyMap<number, string>): void {
    const name = declaredName(node.childForFieldName('declarator'));
    const body = node.childForFieldName('body');
    if (name === null || !body) return;
    const steps = new StepsOfC(loops).of(body);
    this.definitions.push({ ...definition('function', name, ...this.range(node)), steps });
  }

  private range(node: Node): [number, number] {
    return [node.startPosition.row, node.endPosition.row];
  }

  private addDeclaration(node: Node): void {
    const type = node.childForFieldName('type');
    if (type) this.addType(type, this.range(node));
    for (const child of node.childrenForFieldName('declarator')) {
      if (!child) continue;
      const name = declaredName(child);
      if (name === null) continue;
      const [from, to] = this.range(node);
      if (node.type === 'type_definition')
        this.definitions.push(definition('struct', name, from, to));
      else if (declaresFunction(child))
        this.definitions.push(definition('prototype', name, from, to));
      else this.definitions.push(definition('variable', name, from, to));
    }
  }

  private addType(node: Node, range?: [number, number]): void {
    const name = node.childForFieldName('name')?.text ?? null;
    const body = node.childForFieldName('body');
    const [from, to] = range ?? this.range(node);
    if (!body) {
      // `struct x;` alone says only that there is one.
      return;
    }
    if (node.type === 'enum_specifier') {
      if (name !== null) this.definitions.push(definition('enum', name, from, to));
      for (const child of body.namedChildren) {
        const enumerator = child?.childForFieldName('name');
        if (child && enumerator)
          this.definitions.push(
            definition('enumerator', enumerator.text, ...this.range(child), name),
          );
      }
      return;
    }
    if (node.type !== 'struct_specifier' && node.type !== 'union_specifier') return;
    if (name !== null) this.definitions.push(definition('struct', name, from, to));
    this.addFields(body, name);
  }

  private addFields(body: Node, owner: string | null): void {
    for (const field of body.namedChildren) {
      if (field?.type !== 'field_declaration') continue;
      for (const child of field.childrenForFieldName('declarator')) {
        const name = declaredName(child);
        if (name !== null)
          this.definitions.push(definition('field', name, ...this.range(field), owner));
      }
      const inner = field.childForFieldName('type')?.childForFieldName('body');
      if (inner) this.addFields(inner, owner);
    }
  }
}

function firstError(node: Node): Node | null {
  if (node.type === 'ERROR' || node.isMissing) return node;
  for (const child of node.children) {
    if (!child?.hasError && !child?.isMissing) continue;
    const found = firstError(child);
    if (found) return found;
  }
  return node.hasError ? node : null;
}
