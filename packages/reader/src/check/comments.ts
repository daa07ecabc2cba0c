// SPDX-License-Identifier: GPL-2.0-only
// Which `// JS:` comment explains a difference: one at that very place.

import type { PortDefinition, PortFile, Reason } from '../port/port';
import type { Step } from '../syntax/definition';
import type { Odd } from './compare';
import { namesStep, saysThatC, hasValue, words } from './names';

type Lines = readonly [number, number];

function overlap([a, b]: Lines, [c, d]: Lines): boolean {
  return a <= d && c <= b;
}

/** Lines that a comment is about: its own, and those of the statement that it covers. */
function linesOf({ line, covers }: Reason): Lines {
  return covers ? [Math.min(line, covers[0]), Math.max(line, covers[1])] : [line, line];
}

function useOf(text: string, { kind, name }: Step): string {
  return `${kind} ${name} ${text}`;
}

/** The comments that can explain the differences of one function. */
export class CommentsOfFunction {
  /** Branches, loops and returns of the C that a comment has explained: it explains one of each kind. */
  private readonly used = new Set<string>();
  /** What only the port has: fields and helpers, with what they say they stand for. */
  private readonly own: readonly PortDefinition[];

  /** @param isPorted whether the C has a function of this name: its comments are about itself alone */
  constructor(
    private readonly ts: PortDefinition,
    private readonly file: PortFile,
    isPorted: (name: string) => boolean,
  ) {
    this.own = file.definitions.filter(
      (d) => d.kind !== 'struct' && !(d.kind === 'function' && isPorted(d.name)),
    );
  }

  /** The text of the comment that explains a branch, loop or return; null if none does. */
  ofShape(odd: Odd): string | null {
    const { step, side } = odd;
    if (side === 'ts') return this.standing(odd);
    for (const reason of this.ts.reasons) {
      if (reason.kind !== 'JS' || reason.covers === null || !this.isAt(reason, odd)) continue;
      if (this.used.has(useOf(reason.text, step)) || !saysThatC(reason.text, odd)) continue;
      this.spend(reason.text, step);
      return reason.text;
    }
    return null;
  }

  /** A comment has explained a branch, loop or return, and explains no other one. */
  spend(text: string, step: Step): void {
    this.used.add(useOf(text, step));
  }

  /** The text of the comment that has the name: the function's, one at the place, or that of a field used there. */
  naming(odd: Odd): string | null {
    const own = this.ts.reasons.find(
      (reason) =>
        reason.kind === 'JS' &&
        (reason.line < this.ts.from || this.isAt(reason, odd)) &&
        namesStep(reason.text, odd),
    );
    if (own) return own.text;
    const here = words(this.textAt(odd));
    for (const { name, reasons } of this.own) {
      if (!here.has(name)) continue;
      const said = reasons.find(({ text }) => name === odd.step.name || namesStep(text, odd));
      if (said) return said.text;
    }
    return null;
  }

  /** What the TypeScript has more, at the statement itself; another value has to be named. */
  private standing({ step, leavesRest }: Odd): string | null {
    if (leavesRest) return null;
    const definitions = this.file.definitions.filter(({ kind }) => kind !== 'struct');
    for (const { reasons } of definitions)
      for (const { kind, covers, text } of reasons) {
        if (kind !== 'JS' || !covers || !overlap(covers, [step.line, step.line])) continue;
        if (step.kind !== 'return' || hasValue(text, step.name)) return text;
      }
    return null;
  }

  /** Of what the C has more: between the steps around it. Of what the TypeScript has more: on its line. */
  private placeOf({ side, step, gap }: Odd): Lines {
    return side === 'ts' ? [step.calledAt ?? step.line, step.calledAt ?? step.line] : gap;
  }

  private isAt(reason: Reason, odd: Odd): boolean {
    return overlap(linesOf(reason), this.placeOf(odd));
  }

  private textAt(odd: Odd): string {
    const [from, to] = this.placeOf(odd);
    return this.file.lines.slice(from - 1, to).join('\n');
  }
}
