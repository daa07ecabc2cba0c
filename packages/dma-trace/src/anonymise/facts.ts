// SPDX-License-Identifier: GPL-2.0-only
// Facts of a machine with other names and addresses: what figures are made of stays, all else is left out.

import type { RenamingSurvey, Renaming } from './renaming';
import type { TraceFacts } from '../facts';
import { GROUP_LINES, LIMIT_LINES, POOL_CLASS_LINE } from '../facts-lines';
import { type KnownIommu, iommuNamed } from '../iommu-names';

/** Parameters of the kernel that decide how the machine is replayed. */
const PARAMETER =
  /^(?:iommu|intel_iommu|amd_iommu|swiotlb|iommu\.\w+|virtio_iommu\.\w+|io_buffer_pool\.\w+)=[\w,.-]*$/;
const EVENT_NAME = /^[\w:.-]+$/;
/** Of others than these, only that there is one. */
const IOMMU_NAMES: Readonly<Record<KnownIommu, string>> = {
  'virtio-iommu': 'virtio-iommu',
  vtd: 'Intel VT-d',
  smmuv3: 'Arm SMMU',
  amd: 'AMD',
};

/** What facts name that has an order to be kept, or must stay where it is. */
export function surveyFacts(facts: TraceFacts, survey: RenamingSurvey): void {
  for (const { devices } of facts.groups) for (const device of devices) survey.device(device);
  for (const device of facts.nonCoherent ?? []) survey.device(device);
  for (const { device, iovaBase, unaligned, size, slots } of facts.poolClasses) {
    survey.device(device);
    survey.addresses.keep(iovaBase, size * slots);
    survey.addresses.keep(unaligned, size * slots);
  }
  const mask = facts.queueLimits.get('seg_boundary_mask');
  if (mask !== undefined) survey.limit(mask + 1);
}

/** @param json facts that were read without an error */
export function renamedFacts(
  json: Readonly<Record<string, unknown>>,
  renaming: Renaming,
): Record<string, unknown> {
  const renamed: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(json)) {
    const kept = renamedFact(key, value, renaming);
    if (kept !== undefined) renamed[key] = kept;
  }
  return renamed;
}

function renamedFact(key: string, value: unknown, renaming: Renaming): unknown {
  if (value === null) return null;
  if (/^CONFIG_\w+$/.test(key)) return /^[\w.]*$/.test(textOf(value)) ? value : undefined;
  switch (key) {
    case 'variant':
      return typeof value === 'string' && /^(?:plain|def|pool|series)\w{0,8}$/.test(value)
        ? value
        : 'variant';
    case 'kernel':
      return typeof value === 'string' ? kernel(value, renaming) : undefined;
    case 'kernel_cmdline':
      return words(value)
        .filter((word) => PARAMETER.test(word))
        .join(' ');
    case 'iommu':
      return iommuName(textOf(value));
    case 'iommu_groups':
      return groups(textOf(value), renaming);
    case 'nvme_queue_limits':
      return (textOf(value).match(LIMIT_LINES) ?? []).join('\n');
    case 'pool_classes':
      return Array.isArray(value)
        ? value.map((one) => poolClass(String(one), renaming))
        : undefined;
    case 'non_coherent_devices':
      return Array.isArray(value) ? value.map((one) => renaming.device(String(one))) : undefined;
    case 'event_counts':
    case 'events':
      return counts(value);
    case 'overrun_total':
    case 'overrun':
    case 'dropped_total':
    case 'dropped':
      return typeof value === 'number' ? value : undefined;
    default:
      return undefined;
  }
}

/** The version; what a distribution, or somebody, appended is told apart only. */
function kernel(text: string, renaming: Renaming): string {
  const release = text.split(' ')[2] ?? '';
  const version = /^\d+\.\d+(?:\.\d+)?/.exec(release)?.[0] ?? '0.0';
  const rest = release.slice(version.length);
  return `Linux host ${version}${rest === '' ? '' : `-${renaming.words.of(rest)}`}`;
}

function iommuName(text: string): string {
  const known = iommuNamed(text);
  return known === null ? 'an IOMMU' : IOMMU_NAMES[known];
}

function groups(text: string, renaming: Renaming): string {
  return [...text.matchAll(GROUP_LINES)]
    .map(([, id = '', type = '', devices = '']) =>
      [
        `/sys/kernel/iommu_groups/${id} type=${type.replace(/[^\w-].*/, '')}`,
        ...words(devices).map((one) => renaming.device(one)),
      ].join(' '),
    )
    .join('\n');
}

function poolClass(line: string, renaming: Renaming): string {
  const [, time = '', device = '', size = '', slots = '', base = '', unaligned = ''] =
    POOL_CLASS_LINE.exec(line.trim()) ?? [];
  return (
    `[${time}] obs_pool_class ${renaming.device(device)} size=${size} slots=${slots} ` +
    `iova_base=${renaming.hex(base)} unaligned=${renaming.hex(unaligned)}`
  );
}

function counts(value: unknown): Record<string, number> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const kept = Object.entries(value).filter(
    (entry): entry is [string, number] => EVENT_NAME.test(entry[0]) && typeof entry[1] === 'number',
  );
  return Object.fromEntries(kept);
}

const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

const words = (text: unknown): string[] =>
  textOf(text)
    .split(/\s+/)
    .filter((one) => one !== '');
