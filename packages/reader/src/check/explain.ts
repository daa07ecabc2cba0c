// SPDX-License-Identifier: GPL-2.0-only
// Why a difference is right: what the port says about that very place.

import type { Deviation } from '../margin/margin';
import type { PortDefinition, PortFile } from '../port/port';
import { NOT_IN_C, NOT_IN_TS, SPELLING } from '../syntax/conventions';
import type { Step } from '../syntax/definition';
import type { Odd } from './compare';
import type { Explanation } from './difference';

/** Words of a text that can be names. */
function words(text: string): Set<string> {
  return new Set(text.match(/[A-Za-z_]\w*/gu));
}

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

  /** All differences of one function, each with its reason or null. */
  function(odds: readonly Odd[], ts: PortDefinition, file: PortFile): (Explanation | null)[] {
    const found = odds.map((odd) => this.explain(odd, ts, file));
    return odds.map((odd, i) => found[i] ?? this.along(odd, odds, found));
  }

  private explain(odd: Odd, ts: PortDefinition, file: PortFile): Explanation | null {
    const { step } = odd;
    const conventions = odd.side === 'c' ? NOT_IN_TS : NOT_IN_C;
    const convention = conventions.find(({ names }) => names.includes(step.name));
    if (convention) return byRule('convention', convention.reason);
    return this.byComment(odd, ts, file) ?? this.byDeviation(odd, ts);
  }

  /** `// JS:` at the place, or one in the function or at a field that names the step. */
  private byComment(odd: Odd, ts: PortDefinition, file: PortFile): Explanation | null {
    const { step, gap, side } = odd;
    for (const reason of ts.reasons) {
      const [from, to] = reason.covers ?? [0, -1];
      const here =
        reason.kind === 'JS' &&
        (side === 'ts'
          ? from <= step.line && step.line <= to
          : reason.line >= gap[0] && reason.line <= gap[1] && reason.line >= ts.from);
      const named = isNamed(step) && words(reason.text).has(bareName(step.name));
      if (named || (here && (side === 'ts' || !isNamed(step))))
        return byRule('comment', reason.text);
    }
    if (!isNamed(step)) return null;
    // A field or a helper that stands for the step says so at its declaration.
    for (const other of file.definitions) {
      // A class has the comments of all its functions.
      if (other.kind === 'struct' || (other.kind === 'function' && this.isPorted(other.name)))
        continue;
      for (const reason of other.reasons)
        if (words(reason.text).has(bareName(step.name)) || other.name === step.name)
          return byRule('comment', reason.text);
    }
    return null;
  }

  private isPorted(name: string): boolean {
    return this.functions.has(name);
  }

  private byDeviation(odd: Odd, ts: PortDefinition): Explanation | null {
    const name = bareName(odd.step.name);
    if (!isNamed(odd.step)) return null;
    for (const { deviation, names, functions } of this.deviations) {
      if (!names.has(name)) continue;
      const others = functions.filter((f) => f !== name);
      if (others.length === 0 || others.includes(ts.name)) return byEntry('deviation', deviation);
    }
    return null;
  }

  /**
   * A branch, loop or return goes with the calls that are explained: those inside of it, or, if not a convention, those
   * directly before or after it.
   */
  private along(
    odd: Odd,
    odds: readonly Odd[],
    found: readonly (Explanation | null)[],
  ): Explanation | null {
    if (isNamed(odd.step)) return null;
    const near = odds
      .map((other, i) => ({ other, explanation: found[i] ?? null }))
      .filter(({ other }) => other.place === odd.place && other.side === odd.side);
    const named = near.filter(({ other }) => isNamed(other.step));
    if (named.some(({ explanation }) => explanation === null)) return null;
    const inside = named.find(({ other }) => other.at > odd.at && other.at < odd.end);
    if (inside) return inside.explanation;
    return (
      named.find(
        ({ other, explanation }) =>
          explanation?.by !== 'convention' &&
          isChain(
            near.map((n) => n.other.at),
            other.at,
            odd.at,
          ),
      )?.explanation ?? null
    );
  }
}

/** Whether steps of the list lie between two of them without a hole but for an end. */
function isChain(steps: readonly number[], a: number, b: number): boolean {
  const [from, to] = [Math.min(a, b), Math.max(a, b)];
  const between = [...steps].filter((at) => at >= from && at <= to).sort((x, y) => x - y);
  return between.every((at, i) => i === 0 || at - (between[i - 1] ?? at) <= 2);
}

/** An error number is a name, a plain value is none, nor is that of a loop macro. */
function isNamed({ kind, name }: Step): boolean {
  return (
    kind !== 'loop' &&
    /^-?[A-Za-z_]\w*$/u.test(name) &&
    !/^(?:true|false|NULL|default)$/u.test(name)
  );
}

function bareName(name: string): string {
  return name.replace(/^-/u, '');
}
