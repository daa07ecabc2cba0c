// SPDX-License-Identifier: GPL-2.0-only
// What `anonymise` replaced, what it kept, and what its user has to look at.

import type { AnonymiseDocument } from '../anonymise/document';
import { oneLine } from '../errors';
import { are, count, plural } from '../show/format';
import { type Part, partsText } from '../show/parts';
import { PAPER, type Screen } from '../show/text';
import { sum } from '../show/sum';
import { lineLosses } from './capture-losses';

const MOST_DIFFERENCES = 10;

export function anonymiseText(document: AnonymiseDocument, screen: Screen = PAPER): string {
  const { files, replaced, kept, differences } = document;
  const table: Part = {
    title: '',
    head: [
      'written',
      'lines',
      'events',
      'emptied',
      'log lines',
      'comments left out',
      'not understood',
    ],
    rows: files.map((one) => [
      one.facts === null ? one.written : `${one.written}, ${one.facts}`,
      ...[one.lines, one.events, one.events_emptied, one.log_lines, one.comments].map(count),
      count(one.not_understood + one.failed),
    ]),
    numbersFrom: 1,
  };
  const failed = sum(files, (one) => one.failed);
  const lost = sum(files, (one) => one.not_understood);
  return partsText(
    [
      ...files.map((one) => [
        ...(files.length > 1 ? [`${oneLine(one.capture)}:`] : []),
        ...lineLosses({ files: [one.capture], losses: one.losses }),
      ]),
      table,
      `Replaced: ${plural(replaced.devices, 'device')}, ${plural(replaced.tasks, 'task')} with ${plural(replaced.pids, 'pid')}, ` +
        `${plural(replaced.address_runs, 'run')} of addresses, ${plural(replaced.pointers, 'pointer')}, ` +
        `${plural(replaced.words, 'word')} of messages that may be a name.`,
      ['Kept:', ...kept.map(({ what, why }) => `  ${what}: ${why}`)],
      ...(lost > 0
        ? [
            `${plural(lost, 'line')} ${are(lost)} no event: the text is gone, and they count as not understood as before.`,
          ]
        : []),
      ...(failed > 0
        ? [
            `${plural(failed, 'event')} could not be written with other names: they are not understood now, and figures differ by them.`,
          ]
        : []),
      verdict(differences),
      ...(differences.length === 0
        ? [
            'Figures of replay and lint are the same but for agreement.addresses, which compares addresses themselves.',
          ]
        : []),
      'Look at the file before you attach it: it says what the machine did, and when.',
    ],
    screen,
  );
}

function verdict(differences: readonly string[]): Part {
  if (differences.length === 0)
    return 'Read again: the same lines, the same events of each kind, the same losses.';
  return [
    'Read again: figures differ.',
    ...differences.slice(0, MOST_DIFFERENCES).map((one) => `  ${one}`),
  ];
}
