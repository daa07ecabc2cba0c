// SPDX-License-Identifier: GPL-2.0-only
// Lines without an event that say nothing of the machine, or something that figures need: they stay.

import { HEADER_WORDS } from './vocabulary';

const PLAIN: readonly RegExp[] = [
  /^\s*$/,
  /^# tracer: \w+$/,
  /^# entries-in-buffer\/entries-written: \d+\/\d+(?:\s+#P:\d+)?\s*$/,
  /^# latency: \d+ us, #\d+\/\d+, CPU#\d+ \| \([\w :,#]+\)$/,
  /^cpus=\d+$/,
  /^version = \d+$/,
  /^CPU \d+ is empty$/,
  /^# =+$/,
  /^# nrcpus online : \d+$/,
  /^'trace' not valid for [a-z-]+ events\. Ignoring\.$/,
  /^Warning:$/,
  /^Check IO\/CPU overload!$/,
  /^Attach(?:ing|ed) \d+ probes?(?:\.\.\.)?$/,
];
/** The date says when, and maybe where; that it is there says that perf wrote it. */
const CAPTURED = /^# captured on +:/;

/** The line as it may stay; null if it has to go. */
export function plainComment(text: string): string | null {
  if (PLAIN.some((pattern) => pattern.test(text)) || isColumnHead(text)) return text;
  return CAPTURED.exec(text)?.[0] ?? null;
}

/** Lines and arrows, and the words at their ends. */
function isColumnHead(text: string): boolean {
  if (!text.startsWith('#')) return false;
  return text
    .slice(1)
    .split(/\s+/)
    .every((word) => HEADER_WORDS.has(word.replace(/^[|/_=>-]+/, '')) || /^[|/_=>-]*$/.test(word));
}
