// SPDX-License-Identifier: GPL-2.0-only
// Selects and implies that do not count: who they are and what holds them back.

import { blame } from './blame';
import type { Blame } from './blame';
import type { Evaluator } from './evaluator';
import type { Reason } from './reason';
import type { KconfigSymbol, ReverseDep } from './model';
import { NO } from './tristate';

/** At most so many selectors that do not count, and as many implies: a few options have hundreds. */
const MOST_INACTIVE = 10;

/** The reasons for the text, in which a long list is cut. */
export function shortList(reasons: readonly Reason[]): Pick<Reason, 'text' | 'place'>[] {
  const out: Pick<Reason, 'text' | 'place'>[] = [];
  const counts = new Map<string, number>();
  for (const reason of reasons) {
    const { kind } = reason;
    const isListed = reason.text.includes(' by [n]: ');
    const count = (counts.get(kind) ?? 0) + (isListed ? 1 : 0);
    counts.set(kind, count);
    if (!isListed || count <= MOST_INACTIVE) out.push(reason);
    else if (count === MOST_INACTIVE + 1) {
      const all = reasons.filter((one) => one.kind === kind && one.text.includes(' by [n]: '));
      const word = kind === 'select-inactive' ? 'selects' : 'implies';
      out.push({ text: `and ${String(all.length - MOST_INACTIVE)} more ${word} by [n]` });
    }
  }
  return out;
}

/** In the words of menuconfig: `Selected by [n]: DRV [=n]`, and why. */
export function inactiveText(
  evaluator: Evaluator,
  kind: 'select-inactive' | 'imply-inactive',
  { source, cond }: ReverseDep,
): Blame {
  const word = kind === 'select-inactive' ? 'Selected' : 'Implied';
  const why =
    evaluator.tristate(source) === NO ? whyOff(evaluator, source) : blame(evaluator, [cond]);
  const reason = why.text === '' ? '' : `, because ${why.text}`;
  return {
    text: `${word} by [n]: ${source.name} [=${evaluator.text(source)}]${reason}`,
    names: [source.name, ...why.names],
  };
}

/** What keeps a symbol at n, in a few words. */
function whyOff(evaluator: Evaluator, source: KconfigSymbol): Blame {
  if (source.nodes.length === 0) return { text: 'nothing defines it', names: [] };
  if (evaluator.visibility(source) !== NO) {
    if (source.choice) return { text: 'its choice has another member', names: [] };
    const isSet = evaluator.user.tristates.has(source);
    return { text: isSet ? '.config says n' : '.config does not set it', names: [] };
  }
  if (evaluator.directDep(source) === NO) return blame(evaluator, source.directDeps);
  const prompts = source.nodes.flatMap(({ prompt }) => prompt?.cond ?? []);
  if (prompts.length > 0) return blame(evaluator, prompts);
  return { text: 'it has no prompt, and nothing selects it', names: [] };
}
