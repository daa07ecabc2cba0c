// SPDX-License-Identifier: GPL-2.0-only
// The margin of a port: its documents, and where its sources name their entries.

import type { MarginDocuments } from './files';
import type { Margin } from './margin';
import { readDeviations, readFindings } from './markdown';
import { readMarks } from './marks';
import type { TsSource } from '../port/port';
import { readReach } from './reach';

/**
 * @param sources marks come from these files only
 * @param documents what readMarginDocuments read; what is not there is empty here
 * @throws ReadError for a document that cannot be read, or a source that names an entry which does not exist
 */
export function readMargin(sources: readonly TsSource[], documents: MarginDocuments): Margin {
  const { findings: findingsMd, porting, reach } = documents;
  const findings = findingsMd ? readFindings(findingsMd.text, findingsMd.name) : [];
  const deviations = porting ? readDeviations(porting.text, porting.name) : [];
  return {
    findings,
    deviations,
    marks: readMarks(sources, findings, deviations),
    reach: reach === null ? new Map() : readReach(reach),
  };
}
