// SPDX-License-Identifier: GPL-2.0-only
// What protects memory from the drive, and at what price: one policy is one way to boot.

import { IO_BUFFER_Y } from '@iommu-bounce/integration';
import type { IommuKind } from '../cost';
import { InputError } from '../errors';
import type { SimDevice, MachineNeeds } from '../sim';
import { basesOf, laterParts } from './base';
import { fixesNamed } from '../fixes';
import { BASES, type Base, type MachinePlan, type Platform } from './plan';
import { bootDevice } from './boot-device';
import type { DeviceKind } from './pci-devices';

export interface Policy {
  readonly name: string;
  readonly patches: 0 | 4;
  /** Names of the fixes that are on. */
  readonly fixes: readonly string[];
  /** What it is, in one line. */
  readonly what: string;
  /** Set for what 5.13 does not have on this machine: where it was read. */
  whatIf(platform: Platform): string | null;
  /** How it boots. */
  readonly plan: MachinePlan;
  /** With one device, a drive unless said otherwise. */
  boot(platform: Platform, needs: MachineNeeds, kind?: DeviceKind): SimDevice;
}

/** Slots of 2 KiB in the usual 64 MiB. */
export const USUAL_SLABS = 32768;
/** Little enough to see it grow: 4 MiB. */
const FEW_SLABS = 2048;

function policy(
  name: string,
  what: string,
  plan: MachinePlan,
  whatIf: (platform: Platform) => string | null = ({ iommu }) => laterParts(plan, iommu),
): Policy {
  return {
    name,
    what,
    patches: plan.patches,
    fixes: [],
    whatIf,
    plan,
    boot: (platform, needs, kind) => bootDevice(plan, platform, needs, kind),
  };
}

export const POLICIES: readonly Policy[] = [
  policy('none', 'no translation: the device reaches all memory', {
    patches: 0,
    translated: false,
  }),
  policy('strict', 'map and unmap every I/O, wait for each unmap', {
    patches: 0,
    translated: true,
  }),
  policy('lazy', 'unmaps wait in a queue of 256 for each CPU, for a timer of 10 ms at most', {
    patches: 0,
    translated: true,
    lazy: true,
  }),
  policy(
    'lazy-large',
    'unmaps of all CPUs wait in one queue of 32768, for a timer of 1 s at most',
    {
      patches: 0,
      translated: true,
      lazy: true,
      singleQueue: true,
    },
  ),
  policy(
    'swiotlb-force',
    'no translation, every I/O copied through 64 MiB set aside at boot; 5.13 copies twice on unmap',
    {
      patches: 0,
      translated: false,
      swiotlbSlabs: USUAL_SLABS,
      swiotlbForce: true,
    },
  ),
  policy(
    'swiotlb-dynamic',
    'the same through pools that grow from 4 MiB on (swiotlb=2048,force)',
    {
      patches: 0,
      translated: false,
      swiotlbSlabs: FEW_SLABS,
      swiotlbForce: true,
      swiotlbDynamic: true,
    },
    () =>
      'swiotlb of v6.6 with CONFIG_SWIOTLB_DYNAMIC: every mapping copies towards the device, reads too',
  ),
  policy(
    'swiotlb-untrusted',
    'strict, and what does not fill its pages is copied through swiotlb',
    { patches: 0, translated: true, swiotlbSlabs: USUAL_SLABS, untrusted: true },
  ),
  policy('pool', 'the series: copy through buffers that stay mapped', {
    patches: 4,
    translated: true,
    config: IO_BUFFER_Y,
  }),
];

/**
 * The pool with fixes of its findings on.
 * @param text names with commas between
 * @throws InputError for a name that is none
 */
export function poolWithFixes(text: string): Policy {
  const fixes = fixesNamed(text);
  return {
    ...policy('pool+fixes', `the pool, with ${fixes.map(({ name }) => name).join(', ')}`, {
      patches: 4,
      translated: true,
      config: IO_BUFFER_Y,
      fixes,
    }),
    fixes: fixes.map(({ name }) => name),
  };
}

/**
 * The same policy on another kernel's code.
 * @throws InputError if it cannot run on that
 */
export function onBase(one: Policy, base: Base, iommu: IommuKind): Policy {
  const bases = basesOf(one.plan, iommu);
  if (!bases.includes(base))
    throw new InputError(
      `${one.name} does not run on ${base} behind ${iommu}, expected base ${bases.join(' or ')}`,
    );
  return withPlan(one, { base });
}

/** The same policy, booted with some changes. */
export function withPlan(one: Policy, changes: Partial<MachinePlan>): Policy {
  const { name, what, fixes } = one;
  return { ...policy(name, what, { ...one.plan, ...changes }), fixes };
}

/**
 * The latest base that all of them can have.
 * @throws InputError if there is none
 */
export function commonBase(policies: readonly Policy[], iommu: IommuKind): Base {
  const found = BASES.filter((base) =>
    policies.every(({ plan }) => basesOf(plan, iommu).includes(base)),
  ).at(-1);
  if (found === undefined) {
    const each = policies.map(({ name, plan }) => `${name} ${basesOf(plan, iommu).join(' or ')}`);
    throw new InputError(`the policies have no common base behind ${iommu}: ${each.join(', ')}`);
  }
  return found;
}

/** What is compared unless asked otherwise. */
export const USUAL_POLICIES = ['strict', 'pool'] as const;

/**
 * @param text names with commas between, or `all`
 * @throws InputError for a name that is none
 */
export function policiesNamed(text: string): Policy[] {
  if (text === 'all') return [...POLICIES];
  const names = text.split(',').map((raw) => raw.trim());
  if (names.includes('all'))
    throw new InputError(`expected all alone, or names without it, got '${text}'`);
  return names.map((name, i) => {
    if (names.indexOf(name) < i)
      throw new InputError(`expected different policies, got ${name} twice`);
    const found = POLICIES.find((p) => p.name === name);
    if (!found)
      throw new InputError(
        `policy '${name}' is unknown, expected ${POLICIES.map((p) => p.name).join(', ')} or all`,
      );
    return found;
  });
}
