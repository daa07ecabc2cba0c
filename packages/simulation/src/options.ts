// SPDX-License-Identifier: GPL-2.0-only
// What a simulation can be asked for: the kinds that the experiments share.

import {
  type kind,
  type shape_of,
  an_object,
  fields,
  flag,
  list_of,
  needed,
  number_from,
  one_of,
  whole,
} from '@iommu-bounce/linux-shim/options';
import { COST_PARAMETERS, type CostParameters, PRESET_NAMES } from './cost';
import { LAYOUT_NAMES } from './jobs';
import { REQUEST_LIMITS, type RequestLimits } from './sim';

/** The largest machine that is simulated. */
const MOST_CPUS = 64;

/** As the generator takes them. */
export const SEED: kind = needed(whole(0, 2 ** 31 - 1));

/** Each parameter, within its documented range. */
export const COST: kind = fields<CostParameters>(
  Object.fromEntries(
    COST_PARAMETERS.map(({ name, min, max }) => [name, needed(number_from(min, max))]),
  ) as shape_of<CostParameters>,
);

/** How large a request can be, each limit within its documented range. */
export const LIMITS: kind = fields<RequestLimits>(
  Object.fromEntries(
    REQUEST_LIMITS.map(({ name, min, max }) => [name, needed(whole(min, max))]),
  ) as shape_of<RequestLimits>,
);

/** What every experiment is told about its machine; nothing has a default. */
export const MACHINE = {
  preset: needed(one_of(...PRESET_NAMES)),
  cost: needed(COST),
  cpus: needed(whole(1, MOST_CPUS)),
  layout: needed(one_of(...LAYOUT_NAMES)),
  seed: SEED,
  moveData: needed(flag),
};

/** Policies as policiesNamed() gives them. */
export const POLICY_LIST: kind = needed(list_of(an_object, { least: 1 }));

/** Groups of jobs. */
export const JOB_GROUPS: kind = needed(list_of(list_of(an_object, { least: 1 }), { least: 1 }));
