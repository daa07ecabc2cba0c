// SPDX-License-Identifier: GPL-2.0-only
// The index of names as the page's script reads it: short, because each page has its part.

import type { Names } from './names';
import type { FileView } from './view';

/** What the page has in it; `names` is `KIND PAGE NAME NAME=ANCHOR …`, without ANCHOR if it is the name, which one that begins with a dot begins with too. */
export interface NamesData {
  /** File name of each page, and the C file or package it shows. */
  readonly pages: readonly (readonly [string, string])[];
  readonly names: readonly string[];
  /** Whether that is all of the site. */
  readonly all: boolean;
}

/**
 * The names of the whole site, or those that a page defines or has links to.
 * @param page null: all
 */
export function namesJson(
  names: Names,
  views: readonly FileView[],
  page: string | null,
  used: ReadonlySet<string>,
): string {
  const wanted = names
    .all()
    .filter((one) => page === null || one.page === page || used.has(one.name))
    // The script finds the sections of its own page by itself.
    .filter((one) => page === null || one.page !== page || one.anchor !== one.name);
  const paths = new Map(views.map((view) => [view.page, view.cPath]));
  for (const { page: shared, packageName } of views)
    if (packageName !== null) paths.set(shared, packageName);
  const pages = [...new Set(wanted.map((one) => one.page))];
  const groups = new Map<string, string[]>();
  for (const { name, kind, page: to, anchor } of wanted) {
    const key = `${kind} ${String(pages.indexOf(to))}`;
    const group = groups.get(key) ?? [];
    const own = anchor.startsWith(`${name}.`) ? anchor.slice(name.length) : anchor;
    group.push(anchor === name ? name : `${name}=${own}`);
    groups.set(key, group);
  }
  const data: NamesData = {
    pages: pages.map((one) => [one, paths.get(one) ?? '']),
    all: page === null,
    names: [...groups].map(([key, group]) => `${key} ${group.join(' ')}`),
  };
  return JSON.stringify(data);
}
