// SPDX-License-Identifier: GPL-2.0-only
// The signs on the buttons, drawn: not every system's fonts have them.

import { svg } from './dom';

const PATHS = {
  first: 'M3 3h2v10H3z M13 3v10L6 8z',
  last: 'M11 3h2v10h-2z M3 3v10l7-5z',
  back: 'M7 2 1 8l6 6v-4h8V6H7z',
  forward: 'M9 2v4H1v4h8v4l6-6z',
  play: 'M4 2v12l9-6z',
  pause: 'M3 2h4v12H3z M9 2h4v12H9z',
  'statement-back': 'M10 2 4 8l6 6 1.5-1.5L7 8l4.5-4.5z',
  'statement-forward': 'M6 2l6 6-6 6-1.5-1.5L9 8 4.5 3.5z',
} as const;

export type IconName = keyof typeof PATHS;

export function icon(name: IconName): SVGElement {
  return svg(
    'svg',
    { class: 'icon', viewBox: '0 0 16 16', 'aria-hidden': true, focusable: 'false' },
    svg('path', { d: PATHS[name] }),
  );
}
