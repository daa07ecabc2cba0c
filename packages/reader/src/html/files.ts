// SPDX-License-Identifier: GPL-2.0-only
// What our pages need of Node's API.

import { createHash } from 'node:crypto';

/** Of a script or style, as a content policy names it: base64. */
export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('base64');
}
