// SPDX-License-Identifier: GPL-2.0-only
// Texts with the line ends of Windows or of mails.

/** A text whose lines all end with CR LF gets LF; a CR that only some lines have belongs to them. */
export function withLineFeeds(text: string): string {
  return /(^|[^\r])\n/.test(text) ? text : text.replaceAll('\r\n', '\n');
}
