// SPDX-License-Identifier: GPL-2.0-only
// The columns of the table: which cells of the matrix each one adds up. docs/protection.md explains them.

import { type Exposed, addUp, type Cell } from '../oracle/cells';
import {
  type Access,
  CONTENTS,
  type Content,
  PLACES,
  type Place,
  isHarmful,
} from '../oracle/kinds';

const METADATA: readonly Content[] = ['driver_metadata', 'os_metadata', 'colocated'];
const HARMFUL: readonly Content[] = CONTENTS.filter(isHarmful);
/** Where no mapping in force has bytes. */
const OUTSIDE: readonly Place[] = ['page', 'slot', 'stale', 'idle', 'all'];

export interface ColumnRule {
  readonly access: Access;
  readonly places: readonly Place[];
  readonly contents: readonly Content[];
}

function rule(
  access: Access,
  places: readonly Place[],
  contents: readonly Content[] = CONTENTS,
): ColumnRule {
  return { access, places, contents };
}

export const COLUMNS = [
  'read_outside',
  'read_page',
  'read_slot',
  'read_after_unmap',
  'read_any',
  'read_secrets',
  'read_residue',
  'read_private',
  'read_uninitialised',
  'read_metadata',
  'read_other_domain',
  'write_harm',
  'write_page',
  'write_after_unmap',
  'write_any',
  'write_read_only',
  'write_during_cpu',
  'write_metadata',
  'write_other_domain',
] as const;
export type ColumnName = (typeof COLUMNS)[number];

/** By name of the column. */
export const COLUMN_RULES: Readonly<Record<ColumnName, ColumnRule>> = {
  read_outside: rule('read', OUTSIDE),
  read_page: rule('read', ['page']),
  read_slot: rule('read', ['slot']),
  read_after_unmap: rule('read', ['stale', 'idle']),
  read_any: rule('read', ['all']),
  read_secrets: rule('read', PLACES, HARMFUL),
  read_residue: rule('read', PLACES, ['residue']),
  read_private: rule('read', PLACES, ['private']),
  read_uninitialised: rule('read', PLACES, ['uninitialised']),
  read_metadata: rule('read', PLACES, METADATA),
  read_other_domain: rule('read', PLACES, ['other_domain']),
  write_harm: rule('write', PLACES, HARMFUL),
  write_page: rule('write', ['page'], HARMFUL),
  write_after_unmap: rule('write', ['stale', 'idle'], HARMFUL),
  write_any: rule('write', ['all'], HARMFUL),
  write_read_only: rule('write', ['direction'], HARMFUL),
  write_during_cpu: rule('write', ['cpu'], HARMFUL),
  write_metadata: rule('write', PLACES, METADATA),
  write_other_domain: rule('write', PLACES, ['other_domain']),
};

/** What a column adds up. */
export function columnOf(
  cells: readonly Cell[],
  { access, places, contents }: ColumnRule,
): Exposed {
  return addUp(
    cells.filter(
      (cell) =>
        cell.access === access && places.includes(cell.place) && contents.includes(cell.content),
    ),
  );
}

/** Of the EuroSys 2021 paper, in its order. */
export const SUB_PAGE_TYPES = [
  'driver_metadata',
  'os_metadata',
  'multiple_iova',
  'random_colocation',
] as const;
export type SubPageType = (typeof SUB_PAGE_TYPES)[number];

/**
 * Sub-page exposures by the types of the EuroSys 2021 paper. multiple_iova: a buffer of the same device on the page of
 * another one, through whose address it is reached.
 */
export const SUB_PAGE_CONTENTS: Readonly<Record<SubPageType, readonly Content[]>> = {
  driver_metadata: ['driver_metadata'],
  os_metadata: ['os_metadata'],
  multiple_iova: ['residue', 'driver_data'],
  random_colocation: ['colocated', 'other_domain'],
};

/** Beside a mapping, on its page. */
export function subPage(cells: readonly Cell[], type: SubPageType, access: Access): Exposed {
  return columnOf(cells, { access, places: ['page'], contents: SUB_PAGE_CONTENTS[type] });
}
