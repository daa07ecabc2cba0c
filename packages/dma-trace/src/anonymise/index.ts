// SPDX-License-Identifier: GPL-2.0-only
// A capture that can be shown to others: the same figures, other names and addresses. Two readings; no file is touched here.

export { type Draw, drawFrom } from './random';
export { Renaming, RenamingSurvey } from './renaming';
export type { AddressMap } from './address-map';
export type { AddressSurvey, Run, Space } from './address-survey';
export { LineAnonymiser, type LineFigures } from './line-anonymiser';
export type { Pointers, TaskNames, Words } from './names';
export { renamedFacts, surveyFacts } from './facts';
