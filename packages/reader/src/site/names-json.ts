// SPDX-License-Identifier: GPL-2.0-only
// The index of names as the page's script reads it: short, because each page has it.

import type { Names } from './names';
import type { FileView } from './view';

/** What stands in the page; `names` is `KIND PAGE NAME NAME=ANCHOR …`, without ANCHOR if it is the name. */
export interface NamesData {
  /** File name and C path of each page. */
  readonly pages: readonly (readonly [string, string])[];
  readonly names: readonly string[];
}

export function namesJson(names: Names, views: readonly FileView[]): string {
  const pages = new Map(views.map(({ page }, i) => [page, i]));
  const groups = new Map<string, string[]>();
  for (const { name, kind, page, anchor } of names.all()) {
    const key = `${kind} ${String(pages.get(page) ?? 0)}`;
    const group = groups.get(key) ?? [];
    group.push(anchor === name ? name : `${name}=${anchor}`);
    groups.set(key, group);
  }
  const data: NamesData = {
    pages: views.map(({ page, cPath }) => [page, cPath]),
    names: [...groups].map(([key, group]) => `${key} ${group.join(' ')}`),
  };
  return JSON.stringify(data);
}
