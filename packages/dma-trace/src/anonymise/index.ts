// SPDX-License-Identifier: GPL-2.0-only
// A capture that can be shown to others: the same figures, other names and addresses. Two readings; no file is touched here.

export { type Draw, drawFrom } from './random';
export { Renaming, RenamingSurvey } from './renaming';
export { AddressMap } from './address-map';
export { AddressSurvey, type Run, type Space } from './address-survey';
export { LineAnonymiser, type LineFigures } from './line-anonymiser';
export { Pointers, TaskNames, Words, newDeviceNames } from './names';
export { renamedFacts, surveyFacts } from './facts';
