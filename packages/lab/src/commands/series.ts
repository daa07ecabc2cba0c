// SPDX-License-Identifier: GPL-2.0-only
// `series`: runs the probe of each patch in all five states and prints which misbehave.

import type { Command } from 'commander';
import { type IommuDriver, type ProbeRun, runSeries } from '@iommu-bounce/integration';
import { type CommandIo, type ExitStatus } from '../io';
import { withProgress } from '../progress';
import { seriesText } from '../tables/series';
import { addDriverOption, driverOf } from './driver-option';
import type { SeriesDocument } from '../documents';
import { jsonOption, printResult } from './json';

export function addSeries(
  program: Command,
  io: CommandIo,
  end: (status: ExitStatus) => void,
): void {
  const command = program
    .command('series')
    .description('run the probe of each patch before the series and after each patch');
  addDriverOption(command)
    .addOption(jsonOption('series'))
    .action((options: { json?: boolean; driver: string }) => {
      const driver = driverOf(options.driver);
      const probes = withProgress(io, 'series', (show) => runSeries({ driver }, show));
      printResult(io, options.json, json(probes, driver), (screen) => seriesText(probes, screen));
      end(probes.every(isTransition) ? 0 : 1);
    });
}

/** Misbehaves before its patch and behaves from it on. */
function isTransition(probe: ProbeRun): boolean {
  return probe.states.every((s, state) => s.behaves === state >= probe.patch);
}

function json(probes: readonly ProbeRun[], driver: IommuDriver): SeriesDocument {
  return {
    driver,
    probes: probes.map((p) => ({
      patch: p.patch,
      name: p.name,
      results: p.states.map((s) => s.behaves),
      subject: p.subject,
      files: p.files,
      seen: p.states.map((s) => s.seen),
    })),
  };
}
