// SPDX-License-Identifier: GPL-2.0-only
// JSON Schemas of what the verbs print with --json, made of the types in src/documents.ts.

import { join } from 'node:path';
import {
  type CompletedConfig,
  DEFAULT_CONFIG,
  SchemaGenerator,
  createFormatter,
  createParser,
  createProgram,
} from 'ts-json-schema-generator';
import {
  type Program,
  type TypeNode,
  displayPartsToString,
  isInterfaceDeclaration,
  isPropertySignature,
} from 'typescript';
import { COST_PARAMETERS, NIC_PARAMETERS, REQUEST_LIMITS } from '@iommu-bounce/simulation';

/** Rises when a document of before would be misread: a field is renamed, gone, or means something else. */
const VERSION = 1;
/** The type of numbers that are whole and not below 0. */
const WHOLE = 'whole_number';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type Schema = Readonly<Record<string, Json>>;

const root = join(__dirname, '../../..');
export const SCHEMA_FOLDER = join(root, 'packages/lab/schemas');

const DOCUMENTS = join(root, 'packages/lab/src/documents.ts');

/** Text of each schema, by verb. Takes some seconds: the types of all packages are read. */
export function schemaTexts(): Map<string, string> {
  const config: CompletedConfig = {
    ...DEFAULT_CONFIG,
    path: DOCUMENTS,
    tsconfig: join(root, 'tsconfig.json'),
    skipTypeCheck: true,
    topRef: false,
    sortProps: false,
  };
  const program = createProgram(config);
  const texts = new Map<string, string>();
  for (const { name, what, type } of documents(program)) {
    // One verb at a time: two documents may have types of the same name.
    const generator = new SchemaGenerator(
      program,
      createParser(program, config),
      createFormatter(config),
      config,
    );
    const made = generator.createSchemaFromNodes([type]) as unknown as Schema;
    texts.set(name, `${JSON.stringify(schemaOf(name, what, made), null, 2)}\n`);
  }
  return texts;
}

interface Document {
  readonly name: string;
  /** Its docstring. */
  readonly what: string;
  readonly type: TypeNode;
}

/** The fields of the interface that lists the documents. */
function documents(program: Program): Document[] {
  const checker = program.getTypeChecker();
  const list = program
    .getSourceFile(DOCUMENTS)
    ?.statements.find((one) => isInterfaceDeclaration(one) && one.name.text === 'Documents');
  if (!list || !isInterfaceDeclaration(list)) throw new Error(`${DOCUMENTS}: no list of documents`);
  return list.members.flatMap((member) => {
    if (!isPropertySignature(member) || !member.type) return [];
    const field = checker.getSymbolAtLocation(member.name);
    const what = displayPartsToString(field?.getDocumentationComment(checker));
    return [{ name: member.name.getText(), what, type: member.type }];
  });
}

function schemaOf(verb: string, what: string, made: Schema): Schema {
  const all = modern(made) as Schema;
  const definitions = Object.entries(
    (all['definitions'] ?? {}) as Readonly<Record<string, Schema>>,
  );
  const body = Object.entries(all).filter(
    ([key]) => !['$schema', 'description', 'definitions'].includes(key),
  );
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:iommu-bounce:${verb}:${String(VERSION)}`,
    title: `iommu-bounce ${verb} --json`,
    description: what,
    ...Object.fromEntries(body),
    $defs: Object.fromEntries(definitions.map(([name, one]) => [name, explained(name, one)])),
  };
}

interface Parameter {
  readonly name: string;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly what: string;
}

/** What a type cannot say of its fields: the tables of parameters do. */
const TABLES: Readonly<Record<string, readonly Parameter[]>> = {
  CostParameters: COST_PARAMETERS,
  NicParameters: NIC_PARAMETERS,
  RequestLimits: REQUEST_LIMITS,
};

function explained(name: string, definition: Schema): Schema {
  const table = TABLES[name];
  if (!table) return definition;
  const properties = definition['properties'] as Readonly<Record<string, Schema>>;
  return {
    ...definition,
    properties: Object.fromEntries(
      table.map(({ name: field, unit, min, max, what }) => [
        field,
        {
          ...properties[field],
          description: `${what}; ${unit}, from ${String(min)} to ${String(max)}.`,
        },
      ]),
    ),
  };
}

/** The generator writes draft 7: what differs in 2020-12, whole numbers, and descriptions on one line. */
function modern(node: Json): Json {
  if (Array.isArray(node)) return node.map(modern);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).flatMap(([key, value]: [string, Json]): [string, Json][] => {
      if (key === '$ref' && value === `#/definitions/${WHOLE}`)
        return [
          ['type', 'integer'],
          ['minimum', 0],
        ];
      if (key === '$ref' && typeof value === 'string')
        return [[key, value.replace('#/definitions/', '#/$defs/')]];
      if (key === 'description' && typeof value === 'string')
        return [[key, value.replace(/\s*\n\s*/g, ' ')]];
      if (key === 'items' && Array.isArray(value))
        return [
          ['prefixItems', modern(value)],
          ['items', false],
        ];
      return [[key, modern(value)]];
    }),
  );
}
