// SPDX-License-Identifier: GPL-2.0-only
// What the table of protection is made of where nothing else is asked for. It imports no machine.

import type { PresetName } from '@iommu-bounce/simulation';

export const MOST_OPERATIONS = 10_000_000;
export const USUAL_OPERATIONS = 20_000;
export const USUAL_SPEED_IOS = 4000;
export const USUAL_PRESETS: readonly PresetName[] = ['laptop-virtio', 'bare-metal-vtd'];
