// SPDX-License-Identifier: GPL-2.0-only
// Colours that can be told apart on a light page and on a dark one. A policy has the same colour in all charts, and nothing
// else has it.

const POLICY: Readonly<Record<string, `#${string}`>> = {
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

/** Paler than policies. */
const TIME: Readonly<Record<string, string>> = {
  'I/O': '#b4bcc6',
  packet: '#b4bcc6',
  'DMA API': '#8fbde3',
  exits: '#edc36f',
  VFIO: '#e59a90',
  invalidate: '#e6b0cf',
  bounce: '#b9d374',
  copy: '#7fcdb4',
  lock: '#bca8e6',
};

const DIRECTION: Readonly<Record<string, `#${string}`>> = {
  TO_DEVICE: '#4d9fa8',
  FROM_DEVICE: '#a35fb0',
  BIDIRECTIONAL: '#b0763f',
};

const OTHERS = ['#4d9fa8', '#a35fb0', '#6b73c9', '#b0763f', '#5f8f4e'] as const;

export function policyColour(policy: string): `#${string}` {
  return POLICY[policy] ?? otherColour(0);
}

export function timeColour(group: string): string {
  return TIME[group] ?? otherColour(0);
}

/** Of TO_DEVICE, FROM_DEVICE and BIDIRECTIONAL. */
export function directionColour(direction: string): `#${string}` {
  return DIRECTION[direction] ?? '#6b73c9';
}

/** Of a few series that are no policies. */
export function otherColour(i: number): (typeof OTHERS)[number] {
  return OTHERS[i % OTHERS.length] ?? OTHERS[0];
}
