// SPDX-License-Identifier: GPL-2.0-only
// The lines of a text, each as far as it tells what a file holds.

/** @param longest characters of a line; what is behind is left out */
export function* firstLines(text: string, longest: number): Generator<string, void, undefined> {
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    yield text.slice(start, Math.min(end, start + longest));
    start = end + 1;
  }
}
