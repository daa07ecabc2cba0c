// SPDX-License-Identifier: GPL-2.0-only
// The part of JSON Schema that the schemas of documents use, walked field by field.

export interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly $ref?: string;
  readonly anyOf?: readonly SchemaNode[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: boolean | SchemaNode;
  readonly items?: boolean | SchemaNode;
  readonly prefixItems?: readonly SchemaNode[];
  readonly $defs?: Readonly<Record<string, SchemaNode>>;
}

/** What a value is: a column of JSON scalars, or something that is none. */
export type Kind = 'number' | 'string' | 'boolean' | 'null' | 'list' | 'object';

export class DocumentSchema {
  private readonly root: SchemaNode;

  /** @param text of a schema file */
  constructor(text: string) {
    this.root = JSON.parse(text) as SchemaNode;
  }

  /** What the document can be: references followed, alternatives apart. */
  top(): SchemaNode[] {
    return this.apart(this.root);
  }

  /** What a field can be; empty if no alternative has it. */
  field(nodes: readonly SchemaNode[], name: string): SchemaNode[] {
    return nodes.flatMap(({ properties = {}, additionalProperties }) => {
      const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (own) return this.apart(own);
      return typeof additionalProperties === 'object' ? this.apart(additionalProperties) : [];
    });
  }

  /** Names of fields, for messages. */
  fields(nodes: readonly SchemaNode[]): string[] {
    return [...new Set(nodes.flatMap(({ properties = {} }) => Object.keys(properties)))];
  }

  /** What an element of a list can be. @param i undefined: any */
  element(nodes: readonly SchemaNode[], i?: number): SchemaNode[] {
    return nodes.flatMap(({ items, prefixItems = [] }) => {
      const own = i === undefined ? prefixItems : prefixItems.slice(i, i + 1);
      if (own.length > 0) return own.flatMap((one) => this.apart(one));
      return typeof items === 'object' ? this.apart(items) : [];
    });
  }

  private apart(node: SchemaNode): SchemaNode[] {
    if (node.$ref !== undefined) {
      const named = this.root.$defs?.[node.$ref.replace('#/$defs/', '')];
      return named ? this.apart(named) : [];
    }
    return node.anyOf ? node.anyOf.flatMap((one) => this.apart(one)) : [node];
  }
}

export function kindsOf(nodes: readonly SchemaNode[]): Set<Kind> {
  return new Set(
    nodes.flatMap((node) => {
      if (node.enum) return node.enum.map(kindOfValue);
      if ('const' in node) return [kindOfValue(node.const)];
      return [node.type ?? []].flat().map(kindOfType);
    }),
  );
}

/** Whether a scalar of a schema can be this text. */
export function canBe(nodes: readonly SchemaNode[], text: string): boolean {
  return nodes.some((node) => {
    if (node.enum) return node.enum.some((one) => String(one) === text);
    if ('const' in node) return String(node.const) === text;
    const kinds = kindsOf([node]);
    return (
      kinds.has('string') ||
      (kinds.has('number') && text.trim() !== '' && Number.isFinite(Number(text))) ||
      (kinds.has('boolean') && (text === 'true' || text === 'false')) ||
      (kinds.has('null') && text === 'null')
    );
  });
}

function kindOfType(type: string): Kind {
  if (type === 'integer') return 'number';
  return type === 'array' ? 'list' : (type as Kind);
}

function kindOfValue(value: unknown): Kind {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : (typeof value as Kind);
}
