// SPDX-License-Identifier: GPL-2.0-only
// `breakeven`: the size below which copying an I/O costs less than mapping it, and what moves that size.

import type { Command } from 'commander';
import {
  BreakEvenModel,
  type CountedRows,
  COUNTED_SIZES,
  type IommuKind,
  PIECES,
  type PiecesLayout,
  presetInfo,
} from '@iommu-bounce/simulation';
import { jsonOption, printResult } from './json';
import { UsageError } from '../errors';
import { type CommandIo, type ExitStatus } from '../io';
import { type BreakEvenDocument, breakEvenText } from '../tables/breakeven';
import { type CostOptions, costsOf, withCostOptions } from './cost-options';
import { layoutName } from './option-values';

interface BreakEvenOptions extends CostOptions {
  readonly layout?: string;
  readonly write?: boolean;
  readonly json?: boolean;
}

export function addBreakEven(
  program: Command,
  io: CommandIo,
  end: (status: ExitStatus) => void,
): void {
  withCostOptions(
    program
      .command('breakeven')
      .description(
        'the size below which copying through the pool costs less CPU time than mapping strictly (cost model)',
      ),
  )
    .option(
      '--layout <name>',
      `guest memory, which decides in how many pieces a buffer comes: ${Object.keys(PIECES).join(', ')}`,
    )
    .option(
      '--write',
      'writes instead of reads: the pool copies them on map, from what the CPU has just written',
    )
    .addOption(jsonOption('breakeven'))
    .action((options: BreakEvenOptions) => {
      const document = breakEvenDocument(options, io.counted);
      printResult(io, options.json, document, (screen) => breakEvenText(document, screen));
      end(0);
    });
}

function layoutOf(text: string | undefined, iommu: IommuKind): PiecesLayout {
  if (text === undefined) return iommu === 'virtio-iommu' ? 'fresh' : 'contiguous';
  const name = layoutName(text);
  if (Object.hasOwn(PIECES, name)) return name as PiecesLayout;
  throw new UsageError(
    `--layout: expected one of ${Object.keys(PIECES).join(', ')}, got '${text}'`,
  );
}

/**
 * @param counted steps that were counted before; adds to it
 * @throws UsageError
 */
export function breakEvenDocument(
  options: BreakEvenOptions,
  counted: CountedRows = new Map(),
): BreakEvenDocument {
  const { preset, costs } = costsOf(options);
  const { iommu } = presetInfo(preset);
  const direction = options.write === true ? 'write' : 'read';
  const layout = layoutOf(options.layout, iommu);
  const model = new BreakEvenModel({ iommu, layout, direction, counted });
  const found = model.find(costs);
  const { of, list } = model.elasticities(costs);
  return {
    ...{ preset, iommu, layout, direction },
    copying_wins: found.copyingWins,
    break_even_bytes: found.bytes === null ? null : Math.round(found.bytes),
    extrapolated: found.extrapolated,
    pairs: COUNTED_SIZES.map((bytes) => {
      const { strict, pool } = model.times(bytes, costs);
      return { bytes, strict_ns: Math.round(strict), pool_ns: Math.round(pool) };
    }),
    elasticity_of: of,
    elasticities: list,
    moves_it_most: list[0]?.name ?? null,
    sensitivity: model.sensitivity(costs).map(({ name, at }) => ({
      name,
      at: at.map(({ factor, value, break_even }) => ({
        ...{ factor, value, copying_wins: break_even.copyingWins },
        break_even_bytes: break_even.bytes === null ? null : Math.round(break_even.bytes),
      })),
    })),
    costs,
  };
}
