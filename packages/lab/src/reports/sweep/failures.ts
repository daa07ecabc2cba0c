// SPDX-License-Identifier: GPL-2.0-only
// Points that failed: how many for which reason, and the first of them with their command lines.

import { count, plural } from '../../show/format';
import { type Html, html, htmlTable } from '../../show/html';
import type { Section } from '../../show/sections';

export interface Failure {
  readonly point: number;
  readonly error: string;
  /** As a shell takes it. */
  readonly command: string;
}

const MOST_REASONS = 50;
const MOST_LISTED = 200;
/** More are folded. */
const MOST_OPEN = 10;

/** Keeps what the page shows, however many there are. */
export class Failures {
  private readonly reasons = new Map<string, number>();
  /** Of reasons beyond those that are kept apart. */
  private others = 0;
  private readonly listed: Failure[] = [];

  /** All of them. */
  count = 0;

  add(failure: Failure): void {
    const { error } = failure;
    this.count++;
    if (this.listed.length < MOST_LISTED) this.listed.push(failure);
    const before = this.reasons.get(error);
    if (before === undefined && this.reasons.size === MOST_REASONS) this.others++;
    else this.reasons.set(error, (before ?? 0) + 1);
  }

  /** For the answer: the reason that most failed for. */
  get mostly(): string {
    const [first] = this.ordered();
    return first ? first[0] : '';
  }

  get sections(): Section[] {
    const ordered = this.ordered();
    const all = this.count;
    if (all === 0) return [];
    const reasons = ordered.map(([error, n]) => [error, count(n)]);
    if (this.others > 0) reasons.push(['other reasons', count(this.others)]);
    const body = html`<p>They have no row and are in no chart, mean or percentage of this page.</p>
      ${htmlTable(['reason', 'points'], reasons, 1)} ${this.list(all)}`;
    return [{ id: 'failed', title: 'Failed points', tag: count(all), body }];
  }

  private list(all: number): Html {
    const rows = this.listed.map(({ point, error, command }): (string | Html)[] => [
      count(point),
      error,
      html`<code>${command}</code>`,
    ]);
    const left = all > rows.length ? '; failures.jsonl has all' : '';
    const table = htmlTable(['point', 'reason', 'command'], rows, 3);
    if (rows.length <= MOST_OPEN) return table;
    return html`<details>
      <summary>${count(rows.length)} of ${plural(all, 'failed point')}${left}</summary>
      ${table}
    </details>`;
  }

  private ordered(): [string, number][] {
    return [...this.reasons].sort(([, a], [, b]) => b - a);
  }
}
