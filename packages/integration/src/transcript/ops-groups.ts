// SPDX-License-Identifier: GPL-2.0-only
// Version 2: devices that go, and groups that are in another domain for a while.

import type { Handler } from './ops';

export const groupHandlers: Readonly<Record<string, Handler>> = {
  remove_device: (c) => {
    c.env.removeDevice(c.number('dev'), c.device(), c.refuse);
    return {};
  },

  lend_group: (c) => ({ ret: c.env.groups.lend(c.numberOr('group', 0), c.refuse) }),

  return_group: (c) => {
    c.env.groups.giveBack(c.numberOr('group', 0), c.refuse);
    return {};
  },
};
