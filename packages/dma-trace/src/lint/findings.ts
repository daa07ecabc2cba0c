// SPDX-License-Identifier: GPL-2.0-only
// Findings that are alike are one: how many, the first place and the last one.

import type { Place } from '../calls/step';
import { escaped } from '../trace-error';
import { type Rule, SEVERITIES, type Severity } from './rule';

/** Kinds kept apart for one rule; the others are counted. */
const MOST_KINDS = 64;

export interface Finding {
  /** Unique in its capture, the same for each occurrence. */
  readonly key: string;
  readonly rule: Rule;
  /** That of the rule; `note` where each occurrence is uncertain. */
  readonly severity: Severity;
  /** As the capture names it, control characters escaped; null where the capture does not say. */
  readonly device: string | null;
  /** What happened, control characters escaped; of the first occurrence or the worst one. */
  readonly message: string;
  readonly first: Place;
  readonly last: Place;
  readonly count: number;
  /** Calls of the kernel's rate limit that left out lines like it, of any device: occurrences not counted; 0: none known. */
  readonly suppressed: number;
  /** Of the occurrences, how many may be none, since lines may be missing. */
  readonly uncertain: number;
  /** Why; null if none is. */
  readonly doubt: string | null;
}

export interface Occurrence {
  readonly device: string | null;
  /** What else makes it a kind of its own. */
  readonly kind?: string;
  readonly place: Place;
  /** Of the line, nanoseconds. */
  readonly timeNs: number;
  /** Why it may be none; null if it is for sure. */
  readonly doubt: string | null;
  /** How bad it is, in any unit: the message is that of the worst; default 0. */
  readonly weight?: number;
  readonly message: string;
  /** A line of the kernel log, which a rate limit may leave out. */
  readonly isOfLog?: boolean;
}

/** Told of each occurrence: its finding's key, and its time (ns). */
export type OnOccurrence = (key: string, timeNs: number) => void;

interface Kind {
  readonly key: string;
  readonly rule: Rule;
  readonly device: string | null;
  message: string;
  weight: number;
  readonly first: Place;
  readonly firstNs: number;
  last: Place;
  lastNs: number;
  count: number;
  uncertain: number;
  doubt: string | null;
  readonly isOfLog: boolean;
}

export class Findings {
  private readonly kinds = new Map<string, Kind>();
  private readonly perRule = new Map<Rule, number>();
  private readonly suppressed = new Map<Rule, number>();
  /** Occurrences whose kind found no room, by rule. */
  readonly others = new Map<Rule, number>();

  constructor(private readonly onOccurrence: OnOccurrence | null = null) {}

  add(rule: Rule, one: Occurrence): void {
    const key = keyOf(rule, one.device, one.kind);
    let kind = this.kinds.get(key);
    if (!kind) {
      const many = this.perRule.get(rule) ?? 0;
      if (many >= MOST_KINDS) {
        this.others.set(rule, (this.others.get(rule) ?? 0) + 1);
        return;
      }
      this.perRule.set(rule, many + 1);
      kind = {
        key,
        rule,
        device: one.device,
        message: one.message,
        weight: one.weight ?? 0,
        first: one.place,
        firstNs: one.timeNs,
        last: one.place,
        lastNs: one.timeNs,
        count: 0,
        uncertain: 0,
        doubt: null,
        isOfLog: one.isOfLog === true,
      };
      this.kinds.set(key, kind);
    }
    kind.count++;
    this.onOccurrence?.(key, one.timeNs);
    kind.last = one.place;
    kind.lastNs = one.timeNs;
    if (one.doubt !== null) {
      kind.uncertain++;
      kind.doubt ??= one.doubt;
    }
    if ((one.weight ?? 0) > kind.weight) {
      kind.weight = one.weight ?? 0;
      kind.message = one.message;
    }
  }

  /** At the end: so many calls of the kernel's rate limit left out lines that would be occurrences of the rule. */
  suppress(rule: Rule, calls: number): void {
    this.suppressed.set(rule, calls);
  }

  /** Lines since a time may be missing: what was found since by putting lines together is no longer sure. */
  doubtSince(timeNs: number, why: string): void {
    for (const kind of this.kinds.values()) {
      if (!kind.rule.pairing || kind.lastNs < timeNs) continue;
      // Only the time of the first one and the last one is kept: those in between may lie on either side.
      kind.uncertain =
        kind.firstNs >= timeNs ? kind.count : Math.max(kind.uncertain, kind.count - 1);
      kind.doubt ??= why;
    }
  }

  /** One more occurrence of a kind is not sure. */
  doubtOne(rule: Rule, device: string, kind: string, why: string): void {
    const found = this.kinds.get(keyOf(rule, device, kind));
    if (!found) return;
    found.uncertain = Math.min(found.uncertain + 1, found.count);
    found.doubt ??= why;
  }

  /** Nothing of a kind is sure. */
  doubtKind(rule: Rule, device: string, kind: string, why: string): void {
    const found = this.kinds.get(keyOf(rule, device, kind));
    if (!found) return;
    found.uncertain = found.count;
    found.doubt ??= why;
  }

  /** What a rule found of devices for which the capture cannot answer it. */
  drop(rule: Rule, isUnanswered: (device: string | null) => boolean): void {
    for (const [key, kind] of this.kinds)
      if (kind.rule === rule && isUnanswered(kind.device)) this.kinds.delete(key);
  }

  /** The worst first, then in the order of the rules given, then the most frequent. */
  sorted(rules: readonly Rule[]): Finding[] {
    const found = [...this.kinds.values()]
      .filter(({ rule }) => rules.includes(rule))
      .map((kind) => finding(kind, kind.isOfLog ? (this.suppressed.get(kind.rule) ?? 0) : 0));
    return found.sort(
      (a, b) =>
        SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
        rules.indexOf(a.rule) - rules.indexOf(b.rule) ||
        b.count - a.count,
    );
  }
}

function keyOf(rule: Rule, device: string | null, kind = ''): string {
  return `${rule.id} ${device ?? ''} ${kind}`;
}

function finding(kind: Kind, suppressed: number): Finding {
  const { key, rule, device, message, first, last, count, uncertain, doubt } = kind;
  const severity = uncertain < count ? rule.severity : 'note';
  return {
    key,
    rule,
    severity,
    device: device === null ? null : escaped(device),
    message: escaped(message),
    first,
    last,
    count,
    suppressed,
    uncertain,
    doubt,
  };
}
