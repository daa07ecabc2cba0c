// SPDX-License-Identifier: GPL-2.0-only
// The link to a step: the part after the # of the address, so that it works from a file too.

import { visibleLine } from '../../syntax/hidden';

/** Where the page is. */
export interface Place {
  /** Id of a scenario; `random` for programs made from the seed. */
  readonly scenario: string;
  readonly step: number;
  /** Statement within the step, from 1; null: after the whole call. */
  readonly statement: number | null;
  readonly predict: boolean;
  /** Of "Predict", a whole number below 2^32. */
  readonly seed: number;
}

const NUMBER = /^\d{1,10}$/;

function wholeNumber(text: string | null): number | null {
  return text !== null && NUMBER.test(text) ? Number(text) : null;
}

/** `scenario=reuse&step=5`; the fields in one order, so that a step has one link. */
export function placeToHash(place: Place): string {
  const fields = new URLSearchParams({ scenario: place.scenario, step: String(place.step) });
  if (place.statement !== null) fields.set('statement', String(place.statement));
  if (place.predict) fields.set('predict', '1');
  if (place.predict || place.scenario === 'random') fields.set('seed', String(place.seed));
  return fields.toString();
}

/** What a link says; what it does not say, or says wrongly, is left out. */
export function placeFromHash(hash: string): Partial<Place> {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const scenario = fields.get('scenario');
  const step = wholeNumber(fields.get('step'));
  const statement = wholeNumber(fields.get('statement'));
  const seed = wholeNumber(fields.get('seed'));
  return {
    ...(scenario === null || scenario === '' ? {} : { scenario }),
    ...(step === null ? {} : { step }),
    ...(statement === null || statement === 0 ? {} : { statement }),
    ...(fields.get('predict') === '1' ? { predict: true } : {}),
    ...(seed === null || seed >= 2 ** 32 ? {} : { seed }),
  };
}

/**
 * What is wrong with a link, in one sentence; empty if nothing is.
 * @param length of the item that is shown
 * @param known whether the page has the scenario that the link names
 */
export function linkFault(hash: string, length: number, known: boolean): string {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const numbers: readonly (readonly [string, number, number])[] = [
    // Steps of one scenario mean nothing in another.
    ...(known ? [['step', 0, length] as const] : []),
    ['statement', 1, 9_999_999_999],
    ['seed', 0, 2 ** 32 - 1],
  ];
  const faults = [
    ...(known ? [] : [`there is no scenario '${visibleLine(fields.get('scenario') ?? '')}'`]),
    ...numbers.flatMap(([name, least, most]) => {
      const text = fields.get(name);
      const value = wholeNumber(text);
      if (text === null || (value !== null && value >= least && value <= most)) return [];
      const range =
        name === 'statement' ? 'a whole number from 1' : `${String(least)} to ${String(most)}`;
      return [`${name} '${visibleLine(text)}': expected ${range}`];
    }),
  ];
  return faults.length === 0 ? '' : `This link is wrong: ${faults.join('; ')}.`;
}
