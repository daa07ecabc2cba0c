// SPDX-License-Identifier: GPL-2.0-only
// The link to a step: the part after the # of the address, so that it works from a file too.

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
