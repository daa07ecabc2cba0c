// SPDX-License-Identifier: GPL-2.0-only
// What is simulated: fio jobs from files and flags, the memory their buffers lie in, and the traffic of a network card.

/** A job, and what each of its I/Os is. */
export * from './job';
export { Workload } from './workload';
export { IoPlan } from './io-plan';
export type { Pacer } from './pacer';
export { type Random, below, newRandom, unit } from './random';

/** Reading and writing. */
export { readJobFile, type ReadJobs } from './job-file';
export type { JobFileContext } from './ini';
export {
  JOB_FLAGS,
  flagOfOneJob,
  hasJobFlags,
  jobFromFlags,
  type FlagTexts,
  type JobFlag,
} from './job-flags';
export { formatJobFile } from './format';
export { JobError } from './place';
export { LARGEST_BLOCK, LARGEST_BUFFERS } from './finish';

/** Memory. */
export { LAYOUT_NAMES, newLayout, type Arena, type BufferLayout, type LayoutName } from './layout';
export { recordedBuffers, recordedLayout, type RecordedBuffer } from './recorded-layout';

/** A network card's traffic. */
export {
  NET_SHAPE_NAMES,
  NetShape,
  RX_RING,
  TX_RING,
  netFramesNeeded,
  type NetOperation,
  type NetShapeName,
} from './net-shape';
export { NET_FIGURES, type Histogram, type NetFigures } from './net-figures';
