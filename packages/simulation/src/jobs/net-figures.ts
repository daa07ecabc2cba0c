// SPDX-License-Identifier: GPL-2.0-only
// What was counted in the recorded traces of a network card, test-fixtures/traces/virtio.net-{rx,tx}: Linux 6.12.95,
// virtio-net behind virtio-iommu, a download and an upload of 2 MB with nc. The tests count again.

/** Values, each as often as it was seen. */
export type Histogram = readonly (readonly [value: number, times: number])[];

export interface NetFigures {
  /** Bytes of transmitted packets. Sizes that were seen less than three times are put to the nearest other. */
  readonly txBytes: Histogram;
  /** Where in its page a packet to be sent begins. */
  readonly txOffset: Histogram;
  /** Pages that hold packets to be sent, used again and again. */
  readonly txPages: number;
  /** Packets that are mapped one after the other, before the first of them is unmapped. */
  readonly txBurst: Histogram;
  /** Packets received after a burst, before the next; null: as many as were sent. */
  readonly rxAfterBurst: Histogram | null;
  /** Receive buffers that are posted together, once that many have been taken. */
  readonly rxRefill: Histogram;
  /** Blocks of 32 KiB that receive buffers are cut from, in turn. */
  readonly rxBlocks: number;
}

/** Where the acknowledgements of a download lie: at 62 modulo 64 bytes, nearly anywhere in a page. */
const ACK_OFFSETS: Histogram = Array.from({ length: 63 }, (_, i) => [i * 64 + 62, 1]);

export const NET_FIGURES: Readonly<Record<'rx' | 'tx', NetFigures>> = {
  rx: {
    txBytes: [
      [54, 1],
      [66, 56],
      [86, 3],
    ],
    txOffset: ACK_OFFSETS,
    txPages: 7,
    txBurst: [
      [1, 58],
      [2, 1],
    ],
    rxAfterBurst: [
      [0, 2],
      [1, 3],
      [4, 5],
      [8, 5],
      [13, 6],
      [18, 6],
      [23, 6],
      [28, 6],
      [34, 3],
      [39, 6],
      [44, 10],
    ],
    rxRefill: [
      [33, 1],
      [35, 1],
      [37, 1],
      [38, 2],
      [40, 2],
      [41, 2],
      [42, 3],
      [44, 10],
      [49, 1],
      [53, 1],
      [57, 3],
      [61, 1],
      [64, 2],
    ],
    rxBlocks: 66,
  },
  tx: {
    txBytes: [
      [66, 4],
      [218, 3],
      [338, 5],
      [430, 4],
      [654, 73],
      [806, 11],
      [1090, 418],
      [1302, 12],
      [1526, 1096],
    ],
    txOffset: [
      [254, 1509],
      [2302, 103],
      [3326, 7],
      [1278, 3],
    ],
    txPages: 71,
    txBurst: [
      [1, 425],
      [2, 74],
      [3, 7],
      [4, 4],
      [6, 6],
      [7, 5],
      [8, 3],
      [9, 4],
      [10, 5],
      [11, 3],
      [12, 15],
      [15, 2],
      [17, 2],
      [21, 3],
      [22, 5],
      [28, 3],
      [32, 3],
      [34, 6],
    ],
    rxAfterBurst: null,
    rxRefill: [
      [33, 12],
      [38, 2],
      [46, 6],
      [51, 8],
      [54, 4],
      [65, 3],
      [75, 1],
    ],
    rxBlocks: 17,
  },
};
