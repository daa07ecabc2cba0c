// SPDX-License-Identifier: GPL-2.0-only
// Version 2: devices that go, and groups that are in another domain for a while.

import type { Handler, OpContext } from './ops';

const refusal =
  (c: OpContext) =>
  (reason: string): never => {
    throw c.bad(reason);
  };

export const groupHandlers: Readonly<Record<string, Handler>> = {
  remove_device: (c) => {
    c.env.removeDevice(c.number('dev'), c.device(), refusal(c));
    return {};
  },

  lend_group: (c) => ({ ret: c.env.lendGroup(c.numberOr('group', 0), refusal(c)) }),

  return_group: (c) => {
    c.env.returnGroup(c.numberOr('group', 0), refusal(c));
    return {};
  },
};
