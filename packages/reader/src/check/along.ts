// SPDX-License-Identifier: GPL-2.0-only
// A branch or loop that one side has along with a call that is explained, and what is in it.

import type { Odd } from './compare';
import type { Explanation } from './difference';
import { isNamed } from './names';

interface Known {
  readonly odd: Odd;
  explanation: Explanation | null;
  /** It goes with a name that is explained, not with a comment of its own. */
  along: boolean;
}

const OPENS = new Set(['if', 'else', 'loop', 'switch']);

/** Calls and constants of a condition: they come before the branch, but not on an earlier line. */
function isConditionOf(part: Odd, whole: Odd, all: readonly Known[]): boolean {
  if (part.at >= whole.at || part.step.line < whole.step.line) return false;
  const between = all.filter(({ odd }) => odd.at >= part.at && odd.at < whole.at).length;
  return between === whole.at - part.at;
}

/**
 * What a branch or loop of one side goes with. All of it has to be missing on the other side, and what is named in it be
 * explained; or, for a branch, its condition calls what is explained.
 */
function withNames(whole: Odd, all: readonly Known[]): Explanation | null {
  if (whole.keeps) return null;
  const named = all.filter(({ odd }) => isNamed(odd.step));
  const inside = named.filter(({ odd }) => odd.at > whole.at && odd.at < whole.end);
  if (inside.some(({ explanation }) => explanation === null)) return null;
  const [first] = inside;
  if (first) return first.explanation;
  const isEmpty = !all.some(({ odd }) => odd.at > whole.at && odd.at < whole.end);
  return whole.step.kind === 'if' && !isEmpty ? withCondition(whole, named, all) : null;
}

/** The explanation of the call in the condition. A convention says nothing of what is done with the result. */
function withCondition(
  whole: Odd,
  named: readonly Known[],
  all: readonly Known[],
): Explanation | null {
  const call = named.find(
    ({ odd, explanation }) =>
      odd.step.kind === 'call' &&
      explanation !== null &&
      explanation.by !== 'convention' &&
      isConditionOf(odd, whole, all),
  );
  return call?.explanation ?? null;
}

function explanationOf(whole: Odd, all: readonly Known[]): Explanation | null {
  if (OPENS.has(whole.step.kind)) return withNames(whole, all);
  const around = all.find(
    ({ odd, explanation, along }) =>
      along && explanation !== null && odd.at < whole.at && whole.at < odd.end,
  );
  return around?.explanation ?? null;
}

/** Gives each unexplained branch and loop, and what is in it, the explanation of the call that it goes with. */
export function explainAlong(
  odds: readonly Odd[],
  found: readonly (Explanation | null)[],
): (Explanation | null)[] {
  const known = odds.map((odd, i): Known => ({ odd, explanation: found[i] ?? null, along: false }));
  for (let more = true; more;) {
    more = false;
    for (const one of known) {
      if (one.explanation !== null || isNamed(one.odd.step)) continue;
      one.explanation = explanationOf(
        one.odd,
        known.filter(({ odd }) => odd.side === one.odd.side),
      );
      one.along = one.explanation !== null;
      more ||= one.along;
    }
  }
  return known.map(({ explanation }) => explanation);
}
