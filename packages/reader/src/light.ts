// SPDX-License-Identifier: GPL-2.0-only
// What loads without the parsers, of which the TypeScript compiler alone has 9 MB: the pool at work, and what shows a reading.

export { ReadError } from './read-error';

// the pool at work
export { PlayStartError, playPage } from './play/page';
export type { PlaySource } from './play/play-data';
export { scenarios } from './play/scenarios';
export { TraceCalls } from './play/trace-calls';

// for showing a reading
export { functionInState, nameInState } from './beside/in-state';
export { commentAbove } from './syntax/comment-above';
export { visibleLine } from './syntax/hidden';
