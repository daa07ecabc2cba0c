// SPDX-License-Identifier: GPL-2.0-only
// A mapping that a lane made.

import type { Held } from '@iommu-bounce/simulation';

export interface LaneMapping extends Held {
  /** Its events were compared with the recorded ones. */
  compared: boolean;
  /** They were equal so far. */
  equal: boolean;
}
