// SPDX-License-Identifier: GPL-2.0-only
// Two functions compared step by step.

import { matchSteps, openers, stepKey } from '../beside/match';
import { BROUGHT, SAME, SPELLING } from '../syntax/conventions';
import type { Definition, Step } from '../syntax/definition';

/** What one side has and the other has not at its place. */
export interface Odd {
  readonly side: 'c' | 'ts';
  readonly step: Step;
  /** The step in its place on the other side: another return value, another error. */
  readonly instead: Step | null;
  /** The other side has the same step at another place. */
  readonly moved: boolean;
  /** Lines of the TypeScript between which the C's step would be, both included. */
  readonly gap: readonly [number, number];
  /** Number of the gap. */
  readonly place: number;
  /** Its index among the steps of its side, and that of its end if it opens a branch or loop. */
  readonly at: number;
  readonly end: number;
}

const SPELLED = new Set(SPELLING.flatMap((convention) => convention.names));
const SAME_AS = new Map(SAME.flatMap(({ names, as }) => names.map((name) => [name, as] as const)));

/** A step under the name that both sides have for it. */
function common(step: Step): Step {
  const name = SAME_AS.get(step.name);
  return name === undefined ? step : { ...step, name };
}

/** The steps that count; a return without a plain value at the very end does not. */
function comparable(steps: readonly Step[]): Step[] {
  const counted = steps
    .filter((step) => step.kind !== 'call' || !SPELLED.has(step.name))
    .map(common);
  const last = counted.at(-1);
  return last?.kind === 'return' && last.name === '' ? counted.slice(0, -1) : counted;
}

/** Names that a macro or function of the C brings along, with how often. */
function broughtBy(steps: readonly Step[]): Map<string, number> {
  const brought = new Map<string, number>();
  for (const step of steps)
    for (const { by, names } of BROUGHT)
      if (step.name !== '' && by.test(step.name))
        for (const name of names) brought.set(name, (brought.get(name) ?? 0) + 1);
  return brought;
}

/** The index where what a step opens ends; its own if it opens nothing. */
function endOf(steps: readonly Step[], at: number): number {
  const found = openers(steps).findIndex((opener, i) => opener === at && steps[i]?.kind === 'end');
  return found < 0 ? at : found;
}

/** The end of what is odd itself says nothing more. */
function withoutEnds(odd: readonly number[], steps: readonly Step[]): number[] {
  const opener = openers(steps);
  const isOdd = new Set(odd);
  return odd.filter((i) => {
    const open = opener[i] ?? null;
    return !(steps[i]?.kind === 'end' && open !== null && isOdd.has(open));
  });
}

/**
 * The steps with those of the port's own helpers in the place of their calls, once: a loop that C has in the function may
 * be a function here. What a helper returns is its caller's business.
 */
function expanded(
  steps: readonly Step[],
  helpers: ReadonlyMap<string, Definition>,
  inside: readonly string[],
): Step[] {
  return steps.flatMap((step) => {
    const helper = step.kind === 'call' ? helpers.get(step.name) : undefined;
    if (!helper || inside.includes(step.name)) return [step];
    const own = helper.steps.filter((s) => s.kind !== 'return');
    return expanded(own, helpers, [...inside, step.name]);
  });
}

/** Calls of helpers in the steps, by name, each once. */
function helpersIn(
  steps: readonly Step[],
  helpers: ReadonlyMap<string, Definition>,
  self: string,
): string[] {
  const names = steps.filter((step) => step.kind === 'call' && step.name !== self);
  return [...new Set(names.map((step) => step.name))].filter((name) => helpers.has(name));
}

/**
 * What differs between a function of the C and the TypeScript's, in the order of both.
 * @param helpers functions that only the port has: one is read in the place of its call where that leaves fewer differences
 */
export function compareFunctions(
  c: Definition,
  ts: Definition,
  helpers: ReadonlyMap<string, Definition> = new Map(),
): Odd[] {
  const used = new Map<string, Definition>();
  let best = compareSteps(c, ts, ts.steps);
  for (const name of helpersIn(ts.steps, helpers, ts.name)) {
    const helper = helpers.get(name);
    if (!helper) continue;
    const tried = compareSteps(
      c,
      ts,
      expanded(ts.steps, new Map([...used, [name, helper]]), [ts.name]),
    );
    if (tried.length >= best.length) continue;
    best = tried;
    used.set(name, helper);
  }
  return best;
}

/** ERR_PTR(-ENOMEM) becomes the error number itself where the TypeScript returns that, else null. */
function withoutPointer(step: Step, errors: ReadonlySet<string>): Step {
  const error = step.kind === 'return' ? /^ERR_PTR\((.*)\)$/u.exec(step.name)?.[1] : undefined;
  if (error === undefined) return step;
  return { ...step, name: errors.has(error) ? error : 'NULL' };
}

function compareSteps(c: Definition, ts: Definition, steps: readonly Step[]): Odd[] {
  const errors = new Set(steps.flatMap((step) => (step.kind === 'return' ? [step.name] : [])));
  const cSteps = comparable(c.steps.map((step) => withoutPointer(step, errors)));
  const tsSteps = comparable(steps);
  const pairs = matchSteps(cSteps, tsSteps);
  const brought = broughtBy(c.steps);
  const result: Odd[] = [];
  let [i, j] = [0, 0];
  const cOdd: number[] = [];
  const tsOdd: number[] = [];
  const placeOfC = new Map<number, { place: number; gap: readonly [number, number] }>();
  const placeOfTs = new Map<number, { place: number; gap: readonly [number, number] }>();
  for (const [place, [nextC, nextTs]] of [
    ...pairs,
    [cSteps.length, tsSteps.length] as const,
  ].entries()) {
    const gap = [tsSteps[j - 1]?.line ?? ts.from, tsSteps[nextTs]?.line ?? ts.to] as const;
    for (; i < nextC; i++) {
      cOdd.push(i);
      placeOfC.set(i, { place, gap });
    }
    for (; j < nextTs; j++) {
      const step = tsSteps[j];
      const left = step ? (brought.get(step.name) ?? 0) : 0;
      if (step && left > 0) brought.set(step.name, left - 1);
      else tsOdd.push(j);
      placeOfTs.set(j, { place, gap });
    }
    i = nextC + 1;
    j = nextTs + 1;
  }
  const cLeft = withoutEnds(cOdd, cSteps);
  const tsLeft = withoutEnds(tsOdd, tsSteps);
  const oddKeys = (indices: readonly number[], steps: readonly Step[]): Set<string> =>
    new Set(
      indices.flatMap((k) => {
        const step = steps[k];
        return step && step.name !== '' ? [stepKey(step)] : [];
      }),
    );
  const cKeys = oddKeys(cLeft, cSteps);
  const tsKeys = oddKeys(tsLeft, tsSteps);
  const used = new Set<number>();
  for (const k of cLeft) {
    const step = cSteps[k];
    const where = placeOfC.get(k);
    if (!step || !where) continue;
    const other = tsLeft.find(
      (l) =>
        !used.has(l) &&
        placeOfTs.get(l)?.place === where.place &&
        tsSteps[l]?.kind === step.kind &&
        ['return', 'label', 'goto', 'case', 'constant'].includes(step.kind),
    );
    if (other !== undefined) used.add(other);
    result.push({
      side: 'c',
      step,
      instead: other === undefined ? null : (tsSteps[other] ?? null),
      moved: tsKeys.has(stepKey(step)),
      ...where,
      at: k,
      end: endOf(cSteps, k),
    });
  }
  for (const l of tsLeft) {
    const step = tsSteps[l];
    const where = placeOfTs.get(l);
    if (!step || !where || used.has(l)) continue;
    result.push({
      side: 'ts',
      step,
      instead: null,
      moved: cKeys.has(stepKey(step)),
      ...where,
      at: l,
      end: endOf(tsSteps, l),
    });
  }
  return result.sort((a, b) => a.place - b.place);
}
