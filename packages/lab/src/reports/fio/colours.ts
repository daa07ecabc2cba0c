// SPDX-License-Identifier: GPL-2.0-only
// Colours that can be told apart on a light page and on a dark one.

const POLICY: Readonly<Record<string, string>> = {
  none: '#7d8a99',
  strict: '#d08a00',
  lazy: '#3b82c4',
  'lazy-large': '#8a63d2',
  'swiotlb-force': '#c2504a',
  'swiotlb-dynamic': '#d46fa6',
  'swiotlb-untrusted': '#8c6d4f',
  pool: '#0f9d75',
  'pool+fixes': '#7aa821',
};

const TIME: Readonly<Record<string, string>> = {
  'I/O': '#7d8a99',
  'DMA API': '#3b82c4',
  exits: '#d08a00',
  VFIO: '#c2504a',
  invalidate: '#d46fa6',
  bounce: '#7aa821',
  copy: '#0f9d75',
  lock: '#8a63d2',
};

const OTHER = '#4d9fa8';

export const SIMULATED = '#0f9d75';
export const PUBLISHED_INK = '#d08a00';
export const PREDICTED = '#8a63d2';
export const LIMIT = '#7d8a99';

export function policyColour(policy: string): string {
  return POLICY[policy] ?? OTHER;
}

export function timeColour(group: string): string {
  return TIME[group] ?? OTHER;
}

/** Of a few lines that have no meaning of their own. */
export function lineColour(i: number): string {
  return ['#c2504a', '#3b82c4', '#0f9d75', '#d08a00', '#8a63d2'][i % 5] ?? OTHER;
}
