// SPDX-License-Identifier: GPL-2.0-only
// What the script of the play page is given: all that it shows comes through here.

import type { PlayProgram } from './calls';
import type { ExecutedLine, Frame } from './frame';

/**
 * A recording that can be stepped. Frames are computed when they are asked for: the next one and those near the present
 * one at once, one far away by running the port up to it.
 */
export interface Steps {
  /** Frames are 0 to this, both inclusive. */
  readonly length: number;
  /** What a request is on the machine of this recording, for a label, e.g. `requests to virtio-iommu`. */
  readonly requestsLabel: string;
  /** @throws RangeError outside 0..length */
  frame(step: number): Frame;
}

/** A scenario, or the one recording of the page. */
export interface PlayItem {
  /** For the link to a step; letters, digits and dashes. */
  readonly name: string;
  readonly title: string;
  /** What to watch, in sentences; from outside in part: show it as text. */
  readonly about: string;
  /** Boots the machines: done once, when the item is chosen. */
  open(): Steps;
}

/** A text to show with its lines marked. */
export interface PlayText {
  readonly path: string;
  readonly text: string;
}

/** The C beside it, where the site has it. */
export interface PlayC {
  readonly texts: readonly PlayText[];
  /** Keys `path:line` of the TypeScript; where the C does the same. */
  readonly lines: Readonly<Record<string, ExecutedLine>>;
}

/** Lines of a file with a link: all the same one, or each its own, `href` and its number counted from `base`. */
export interface LinkedLines {
  readonly from: number;
  readonly to: number;
  readonly href: string;
  readonly base: number | null;
}

/** The other pages, where the page is one of a site. */
export interface PlaySite {
  /** The bar. */
  readonly nav: readonly { readonly href: string; readonly text: string; readonly title: string }[];
  /** By path. */
  readonly links: Readonly<Record<string, readonly LinkedLines[]>>;
}

export interface PlayContract {
  readonly items: readonly PlayItem[];
  /** Where to begin. */
  readonly start: { readonly item: string; readonly step: number };
  /** The port's files that executed lines are of. */
  readonly sources: readonly PlayText[];
  readonly c: PlayC | null;
  /** By path; empty where the page stands alone. */
  readonly links: PlaySite['links'];
  /** An item of a program that "Predict" made; it is not among `items`. */
  program(item: Omit<PlayItem, 'open'>, program: PlayProgram): PlayItem;
}

/** What src/play/page/main.ts exports as `start`: called once, at the end of the body. */
export type StartPlayPage = (contract: PlayContract, root: HTMLElementLike) => void;

/** The element that the page is drawn into, empty: `document.getElementById('play')`. Here as far as no DOM is needed. */
export interface HTMLElementLike {
  textContent: string | null;
}
