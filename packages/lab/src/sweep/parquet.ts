// SPDX-License-Identifier: GPL-2.0-only
// Rows as Parquet, one group of rows after the other.

import { renameSync, rmSync } from 'node:fs';
import { UsageError } from '../errors';
import { codeOf } from '../files';
import type { ColumnKind } from './columns';
import type { Spec } from './spec';

/** Rows that are in memory. */
const GROUP = 5000;

const TYPES = { number: 'DOUBLE', string: 'STRING', boolean: 'BOOLEAN', whole: 'INT32' } as const;
type ParquetKind = keyof typeof TYPES;

/** Fields of a row, in their order. */
export function rowColumns(spec: Spec): (readonly [name: string, kind: ParquetKind])[] {
  return [
    ...([
      ['point', 'whole'],
      ['hash', 'string'],
      ['status', 'whole'],
    ] as const),
    ...spec.axes.map((name, i): readonly [string, ColumnKind] => [
      name,
      spec.axisKinds[i] ?? 'string',
    ]),
    ...spec.columns.map(({ name, kind }) => [name, kind] as const),
  ];
}

/**
 * Whole or not at all.
 * @throws UsageError
 */
export async function writeParquet(
  path: string,
  spec: Spec,
  rows: Iterable<Readonly<Record<string, unknown>>>,
): Promise<void> {
  const { ParquetWriter, fileWriter, schemaFromColumnData } = await import('hyparquet-writer');
  const columns = rowColumns(spec);
  const dataOf = (group: readonly Readonly<Record<string, unknown>>[]): ParquetColumn[] =>
    columns.map(([name, kind]) => ({
      ...{ name, type: TYPES[kind], offsetIndex: false },
      data: group.map((row) => cell(row[name], kind)),
    }));
  const temporary = `${path}.tmp`;
  try {
    const writer = new ParquetWriter({
      writer: fileWriter(temporary),
      schema: schemaFromColumnData({ columnData: dataOf([]) }),
      createdBy: 'iommu-bounce',
    });
    const write = async (group: readonly Readonly<Record<string, unknown>>[]): Promise<void> => {
      if (group.length > 0) await writer.write({ columnData: dataOf(group), rowGroupSize: GROUP });
    };
    let group: Readonly<Record<string, unknown>>[] = [];
    for (const row of rows) {
      group.push(row);
      if (group.length < GROUP) continue;
      await write(group);
      group = [];
    }
    await write(group);
    await writer.finish();
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path}: cannot be written (${codeOf(error)})`);
  }
}

interface ParquetColumn {
  readonly name: string;
  readonly type: (typeof TYPES)[ParquetKind];
  readonly offsetIndex: boolean;
  readonly data: (string | number | boolean | null)[];
}

/** Values of a column are of one kind. */
function cell(value: unknown, kind: ParquetKind): string | number | boolean | null {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
    return null;
  return kind === 'string' ? String(value) : value;
}
