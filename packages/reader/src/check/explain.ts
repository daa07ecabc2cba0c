// SPDX-License-Identifier: GPL-2.0-only
// Why a difference is right: what the port says about that very place.

import type { Deviation } from '../margin/margin';
import type { PortDefinition, PortFile } from '../port/port';
import { stepKey } from '../beside/match';
import { NOT_IN_C, NOT_IN_TS, SPELLING } from '../syntax/conventions';
import { explainAlong } from './along';
import { CommentsOfFunction } from './comments';
import type { Odd } from './compare';
import type { Explanation } from './difference';
import { bareName, hasValue, isNamed, words } from './names';

/** Names in the code spans of Markdown. */
function spans(text: string): Set<string> {
  return words((text.match(/`[^`]+`/gu) ?? []).join(' '));
}

/** Whether a section of porting.md is about a C file: its name is `dma-iommu`, or `io-buffer-pool.h, dma-iommu.h`. */
function isAbout(section: string, cPath: string): boolean {
  const file = cPath.replace(/^.*\//u, '');
  return section.split(/,\s*/u).some((name) => name === file || `${name}.c` === file);
}

function byRule(by: 'convention' | 'comment', text: string): Explanation {
  return { by, text, deviation: null };
}

function byEntry(
  by: 'deviation' | 'not ported',
  { section, number, text }: Deviation,
): Explanation {
  return { by, text, deviation: { section, number } };
}

/** Explains the differences of one C file. */
export class Explainer {
  private readonly deviations: readonly {
    readonly deviation: Deviation;
    readonly names: ReadonlySet<string>;
    readonly functions: readonly string[];
  }[];

  /** @param functions names of the functions of both sides: a deviation that names one is about that one only */
  constructor(
    cPath: string,
    deviations: readonly Deviation[],
    private readonly functions: ReadonlySet<string>,
  ) {
    this.deviations = deviations
      .filter((deviation) => isAbout(deviation.section, cPath))
      .map((deviation) => {
        const names = spans(deviation.text);
        return { deviation, names, functions: [...names].filter((name) => functions.has(name)) };
      });
  }

  /** A function of the C that the port does not have. */
  missing(name: string): Explanation | null {
    for (const { deviation } of this.deviations) {
      const said = /\bNot ported\b(.*)/su.exec(deviation.text)?.[1];
      if (said !== undefined && spans(said).has(name)) return byEntry('not ported', deviation);
    }
    return null;
  }

  /** A function of the port that the C does not have. */
  extra(definition: PortDefinition, doc: string): Explanation | null {
    const spelling = SPELLING.find(({ names }) => names.includes(definition.name));
    if (spelling) return byRule('convention', spelling.reason);
    const calls = definition.steps.filter((step) => step.kind === 'call');
    const [only] = calls;
    if (
      calls.length === 1 &&
      only?.name.endsWith(`_${definition.name}`) &&
      this.isPorted(only.name)
    )
      return byRule('convention', 'an entry of an ops table with the same member names');
    const [reason] = definition.reasons.filter((r) => r.line < definition.from);
    if (reason) return byRule('comment', reason.text);
    const place = /\b(?:include|drivers|lib|kernel|mm)\/[\w/.-]+\.[ch]\b.*/u.exec(doc)?.[0];
    if (place !== undefined) return byRule('comment', place);
    for (const { deviation, names } of this.deviations)
      if (names.has(definition.name)) return byEntry('deviation', deviation);
    return null;
  }

  /** All differences of one function, each with its explanation or null. */
  function(odds: readonly Odd[], ts: PortDefinition, file: PortFile): (Explanation | null)[] {
    const comments = new CommentsOfFunction(ts, file, (name) => this.isPorted(name));
    const named = odds.map((odd) => {
      if (!isNamed(odd.step)) return null;
      const comment = comments.naming(odd);
      if (comment !== null) return byRule('comment', comment);
      return byConvention(odd) ?? this.byDeviation(odd, ts);
    });
    const along = explainAlong(odds, withMoved(odds, named));
    for (const [i, { step }] of odds.entries())
      if (!named[i] && along[i]?.by === 'comment') comments.spend(along[i].text, step);
    return along.map((explanation, i) => {
      const odd = odds[i];
      if (explanation || !odd || isNamed(odd.step)) return explanation;
      const comment = comments.ofShape(odd);
      return comment === null ? null : byRule('comment', comment);
    });
  }

  private isPorted(name: string): boolean {
    return this.functions.has(name);
  }

  /** One that names the step. If it names functions, it is about these alone. */
  private byDeviation({ step, instead }: Odd, ts: PortDefinition): Explanation | null {
    const name = bareName(step.name);
    if (!isNamed(step)) return null;
    for (const { deviation, names, functions } of this.deviations) {
      if (!names.has(name) || (instead && !hasValue(deviation.text, instead.name))) continue;
      const others = functions.filter((f) => f !== name);
      if (functions.length === 0 || others.includes(ts.name))
        return byEntry('deviation', deviation);
    }
    return null;
  }
}

/** A step that stands elsewhere is a difference at both places; what explains one explains the other. */
function withMoved(
  odds: readonly Odd[],
  found: readonly (Explanation | null)[],
): (Explanation | null)[] {
  return odds.map((odd, i) => {
    if (found[i] || !odd.moved) return found[i] ?? null;
    const other = odds.findIndex(
      ({ side, step, moved }, j) =>
        found[j] && moved && side !== odd.side && stepKey(step) === stepKey(odd.step),
    );
    return found[other] ?? null;
  });
}

function byConvention({ side, step }: Odd): Explanation | null {
  const conventions = side === 'c' ? NOT_IN_TS : NOT_IN_C;
  const found = conventions.find(({ names }) => names.includes(step.name));
  return found ? byRule('convention', found.reason) : null;
}
