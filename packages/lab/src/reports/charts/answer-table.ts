// SPDX-License-Identifier: GPL-2.0-only
// The answer of an experiment as a table of a page.

import { percent, times } from '../../show/format';
import { type Html, html, htmlTable } from '../../show/html';
import { type Measures, type Round, winnerOf } from '../../tables/answer';
import { cell } from './cells';

/** The answer, round by round; nothing where no policy protects. */
export function answerTable(
  rounds: readonly Round[],
  roundName: string,
  { rate, unit, showRate, per }: Measures,
): Html {
  const winners = rounds.map(winnerOf).filter((one) => one !== null);
  if (winners.length === 0) return html``;
  const hasOthers = winners.some(({ unprotected }) => unprotected.length > 0);
  const hasAgainst = winners.some(({ against }) => against !== null);
  return htmlTable(
    [
      ...[roundName, `highest ${rate}`, `least CPU time per ${per}`],
      ...(hasOthers ? ['faster, but protects less'] : []),
      ...[unit, `µs per ${per}`],
      ...(hasAgainst ? ['against'] : []),
    ],
    winners.map((one) => [
      ...[one.label, one.fastest.join(', '), one.cheapest.join(', ')],
      ...(hasOthers
        ? [one.unprotected.map(({ policy, by }) => `${policy} +${percent(by, 0)}`).join(', ')]
        : []),
      cell(one.rate, showRate(one.rate)),
      cell(one.cpuNs, (one.cpuNs / 1000).toFixed(2)),
      ...(hasAgainst
        ? [one.against === null ? '' : `${times(one.against.ratio)} ${one.against.policy}`]
        : []),
    ]),
    hasOthers ? 4 : 3,
  );
}
