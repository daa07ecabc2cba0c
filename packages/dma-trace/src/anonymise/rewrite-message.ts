// SPDX-License-Identifier: GPL-2.0-only
// The text of a kernel log line with other names and addresses.

import type { KernelLog } from '../events';
import { suppressedLines } from '../suppressed-lines';
import { messageParts } from './message';
import type { Renaming } from './renaming';

/** `arm-smmu-v3 NAME: event 0x10 received:`, and the four words behind it. */
const SMMU_RECORD = /arm-smmu-v3 \S+: event 0x([\da-f]+) received/;
const SMMU_WORD = /^(.*arm-smmu-v3 )(\S+)(: (?:\s|#011)*0x)([\da-f]{16})\s*$/;
/** Events whose third word is an address. */
const WITH_ADDRESS = /^1[0-3]$/;
/** Bit 35: the device read. */
const READ = 1 << 3;
/** Below the stream: the substream, whether there is one, and the event. */
const STREAM_LOWER = 0xffff_f8ff;

/** `ff930f00.iommu`, `mtk-iommu`, `14640000.sysmmu`. */
const IOMMU_NAME = /[.-](?:iommu|sysmmu)$/;

/** With the `0x` or the key that stands in front of the digits. */
const marked = (digits: string, shown: string, by: string): string =>
  shown.slice(0, shown.length - digits.length) + by;

/** Keeps what the words of a fault record need to know: which of them comes next. */
export class MessageRewriter {
  private record = '';
  private words = 0;

  constructor(private readonly renaming: Renaming) {}

  message(log: KernelLog): string {
    // Names of functions of the kernel, and a count that figures use.
    if (suppressedLines(log) !== null) return log.text.trimEnd();
    if (log.topic === 'other') return 'not about DMA';
    const word = SMMU_WORD.exec(log.text);
    if (word !== null) return this.word(word);
    const record = SMMU_RECORD.exec(log.text);
    if (record !== null) {
      this.record = record[1] ?? '';
      this.words = 0;
    }
    return messageParts(log)
      .map(({ kind, text, shown }) => {
        switch (kind) {
          case 'device':
            return this.device(text, shown);
          case 'address':
            return marked(text, shown, this.renaming.hex(text));
          case 'frame':
            return marked(text, shown, this.renaming.frame(text));
          case 'stream':
            return marked(text, shown, this.renaming.streams.of(text));
          case 'blank':
            return marked(text, shown, text.replace(/./g, '0'));
          case 'word':
            return this.renaming.device(text) || this.name(text);
          case 'same':
            return shown;
        }
      })
      .join('');
  }

  /** That it names an IOMMU stays: the message may not say so elsewhere. */
  private name(word: string): string {
    return this.renaming.words.of(word) + (IOMMU_NAME.exec(word)?.[0] ?? '');
  }

  /** A name without its PCI domain stays without. */
  private device(name: string, shown: string): string {
    const renamed = this.renaming.device(name);
    return shown.length < name.length ? renamed.slice(name.length - shown.length) : renamed;
  }

  /** Stream and event; flags, of which only the direction is used; the address; what the second stage made of it. */
  private word([, before = '', smmu = '', between = '', digits = '']: RegExpExecArray): string {
    const index = this.words++;
    const upper = parseInt(digits.slice(0, 8), 16);
    let value = '0'.padStart(16, '0');
    if (index === 0)
      value =
        this.renaming.streams.of(upper.toString(16)).padStart(8, '0') +
        ((parseInt(digits.slice(8), 16) & STREAM_LOWER) >>> 0).toString(16).padStart(8, '0');
    else if (index === 1) value = `0000000${(upper & READ).toString(16)}00000000`;
    else if (index === 2 && WITH_ADDRESS.test(this.record))
      value = this.renaming.hex(digits).padStart(16, '0');
    return `${before}${this.name(smmu)}${between}${value}`;
  }
}
