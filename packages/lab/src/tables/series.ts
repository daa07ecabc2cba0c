// SPDX-License-Identifier: GPL-2.0-only
// The probes of the series as a table for a terminal, and what each saw.

import type { ProbeRun } from '@iommu-bounce/integration';
import { type Part, partText } from '../show/parts';
import { PAPER, type Screen, wrapped } from '../show/text';

export function seriesText(probes: readonly ProbeRun[], screen: Screen = PAPER): string {
  const table: Part = {
    title: '',
    head: ['patch', 'probe', 'before', 'after 1', 'after 2', 'after 3', 'after 4'],
    rows: probes.map((p) => [
      `${String(p.patch)}/4`,
      p.name,
      ...p.states.map((s) => (s.behaves ? 'behaves' : 'misbehaves')),
    ]),
    numbersFrom: Infinity,
    keys: 1,
    ruled: true,
  };
  const lines = probes.flatMap((p) => [
    wrapped(`${String(p.patch)}/4 ${p.subject}`, screen, '    '),
    seen('before', p.states[p.patch - 1]?.seen ?? '', screen),
    seen('after', p.states[p.patch]?.seen ?? '', screen),
  ]);
  return `${partText(table, screen)}\n\n${lines.join('\n')}\n`;
}

function seen(when: string, what: string, screen: Screen): string {
  return wrapped(`    ${`${when}:`.padEnd(7)} ${what}`, screen, ' '.repeat(12));
}
