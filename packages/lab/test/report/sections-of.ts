// SPDX-License-Identifier: GPL-2.0-only
// The sections of a page, by their ids.

export function sectionsOf(page: string): string[] {
  return [...page.matchAll(/<section id="([^"]*)">\s*<h[234]>/g)].map(([, id = '']) => id);
}
