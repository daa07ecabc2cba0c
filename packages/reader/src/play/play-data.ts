// SPDX-License-Identifier: GPL-2.0-only
// What a play page has embedded, and how it becomes what the page's script is given.

import { callRecording } from './call-recording';
import type { PlayProgram } from './calls';
import type { PlayC, PlayContract, PlayItem, PlayText, PlaySite } from './contract';
import { Playback } from './playback';
import type { Recording } from './recording';
import { scenarios } from './scenarios';
import { transcriptRecording } from './transcript-recording';

/** The ten scenarios; or one recording: the text of a transcript, or the calls of a trace. */
export type PlaySource =
  | { readonly kind: 'scenarios' }
  | {
      readonly kind: 'transcript';
      /** What errors call the file. */
      readonly name: string;
      readonly title: string;
      readonly about: string;
      /** The whole file. */
      readonly text: string;
    }
  | {
      readonly kind: 'trace';
      readonly title: string;
      /** Also what was left out. */
      readonly about: string;
      readonly program: PlayProgram;
    };

export interface PlayData {
  readonly source: PlaySource;
  readonly start: PlayContract['start'];
  readonly sources: readonly PlayText[];
  readonly c: PlayC | null;
  readonly links: PlaySite['links'];
}

/** Name of the item of a source that is one recording. */
export const RECORDING = 'recording';

/**
 * The items of a source.
 * @throws ReadError, NAME:LINE: reason, when an item is opened, if its text is no transcript
 */
export function itemsOf(source: PlaySource): PlayItem[] {
  switch (source.kind) {
    case 'scenarios':
      return scenarios.map((one) => item(one, () => callRecording(one)));
    case 'transcript':
      return [
        item({ ...source, name: RECORDING }, () => transcriptRecording(source.text, source.name)),
      ];
    case 'trace':
      return [item({ ...source, name: RECORDING }, () => callRecording(source.program))];
  }
}

function item(
  { name, title, about }: Omit<PlayItem, 'open'>,
  recording: () => Recording,
): PlayItem {
  return { name, title, about, open: () => new Playback(recording()) };
}

export function contractOf({ source, start, sources, c, links }: PlayData): PlayContract {
  return {
    items: itemsOf(source),
    start,
    sources,
    c,
    links,
    program: (texts, program) => item(texts, () => callRecording(program)),
  };
}
