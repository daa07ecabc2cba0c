// SPDX-License-Identifier: GPL-2.0-only
// What the preprocessor would have taken away: kernel macros that are no C by themselves, replaced so that every column stays.

import { blank, scan, type Word } from './scan';

/** Annotations without an argument. */
const ANNOTATION =
  /^__(?:init|exit|initdata|initconst|exitdata|percpu|user|iomem|rcu|force|kernel|bitwise|read_mostly|ro_after_init|always_unused|maybe_unused|unused|used|packed|weak|must_check|always_inline|cold|hot|pure|noreturn|deprecated|cacheline_aligned|cacheline_aligned_in_smp|net_init|net_exit|ref|sched|visible|attribute_const__|malloc)$|^(?:____cacheline_aligned\w*|asmlinkage|noinline|noinline_for_stack|notrace|fastcall)$/u;

/** Annotations with one. */
const ANNOTATION_WITH =
  /^__(?:attribute__|aligned|printf|section|acquires|releases|must_hold|alloc_size|nonnull|no_sanitize|diagnose_as)$/u;

/** A loop by name, if what follows its parentheses is a statement. */
const LOOP = /(?:^|_)for_each(?:_|$)/u;

/** An item of a file that is a call of one of these is a registration, or declares something. */
export const REGISTRATION =
  /^(?:static\s+)?(EXPORT_SYMBOL\w*|module_\w+|core_param|early_param|__setup|\w+_initcall(?:_sync)?|MODULE_\w+|IOMMU_OF_DECLARE|TRACE_EVENT|EXPORT_TRACEPOINT_SYMBOL\w*)\s*\(\s*([^\s,)]*)/u;

/** An item of a file that declares a variable. */
export const DECLARING =
  /^(?:static\s+)?((?:DEFINE|DECLARE)_\w+|LIST_HEAD|HLIST_HEAD|BLOCKING_NOTIFIER_HEAD|ATOMIC_NOTIFIER_HEAD|RAW_NOTIFIER_HEAD|IOMMU_GROUP_ATTR)\s*\(\s*(?:[^,;]*?,\s*)?(\w+)\s*[,)]/u;

/** The loop macros of an item: at which offset of its text which name stood. */
export interface Blanked {
  readonly text: string;
  readonly loops: ReadonlyMap<number, string>;
}

/** Index of the word with the parenthesis that closes the one at `open`; -1 if none does. */
function closing(text: string, words: readonly Word[], open: number): number {
  let depth = 0;
  for (let i = open; i < words.length; i++) {
    const word = words[i];
    if (word?.kind !== 'sign') continue;
    if (text[word.start] === '(') depth++;
    if (text[word.start] === ')' && --depth === 0) return i;
  }
  return -1;
}

/** The text with each edit written over its place, and blanks after it as far as the place goes. */
function edited(
  text: string,
  edits: readonly { readonly start: number; readonly end: number; readonly by: string }[],
): string {
  let result = '';
  let at = 0;
  for (const { start, end, by } of edits) {
    if (start < at) continue;
    const old = text.slice(start + by.length, end);
    result += text.slice(at, start) + by + old.replace(/[^\n]/gu, ' ');
    at = end;
  }
  return result + text.slice(at);
}

/** The text of an item without comments, directives, annotations, and with loops in the place of loop macros. */
export function withoutMacros(text: string): Blanked {
  const all = scan(text);
  const words = all.filter((word) => word.kind !== 'comment' && word.kind !== 'directive');
  const loops = new Map<number, string>();
  // In the order of the text, so that one pass applies them.
  const edits: { start: number; end: number; by: string }[] = [];
  const write = (start: number, end: number, by: string): void => {
    edits.push({ start, end, by });
  };
  const textOf = (word: Word | undefined): string =>
    word === undefined ? '' : text.slice(word.start, word.end);

  let depth = 0;
  for (const [i, word] of words.entries()) {
    const name = textOf(word);
    if (name === '{') depth++;
    if (name === '}') depth--;
    if (word.kind !== 'name') continue;
    const next = textOf(words[i + 1]);
    const before = textOf(words[i - 1]);
    if (ANNOTATION.test(name)) write(word.start, word.end, '');
    else if (ANNOTATION_WITH.test(name) && next === '(') {
      const end = words[closing(text, words, i + 1)];
      if (end) write(word.start, end.end, '');
    } else if (depth > 0 && LOOP.test(name) && next === '(') {
      const close = closing(text, words, i + 1);
      const after = words[close + 1];
      const statement = after !== undefined && (after.kind === 'name' || textOf(after) === '{');
      if (statement && /^(?:[{};:)]|else|do)$/u.test(before)) {
        loops.set(word.start, name);
        write(word.start, word.end, 'while');
      }
    } else if (/^(?:struct|union|enum)$/u.test(name) && /^[(,]$/u.test(before)) {
      // A type as argument of a macro: container_of(p, struct foo, member).
      const after = textOf(words[i + 2]);
      const called = textOf(words[i - 2]);
      if (depth > 0 && /^[,)]$/u.test(after) && called !== 'sizeof')
        write(word.start, word.end, '');
    } else if (depth > 0 && name === 'static' && /^(?:DEFINE|DECLARE)_/u.test(next)) {
      write(word.start, word.end, '');
    } else if (/^(?:unsigned|signed|long)$/u.test(name) && /^[(,]$/u.test(before)) {
      // max_t(unsigned long, …): two words of a type become one name.
      let last = i;
      while (/^(?:unsigned|signed|long|int|short|char)$/u.test(textOf(words[last + 1]))) last++;
      const end = words[last];
      if (depth > 0 && textOf(words[last + 1]) === ',' && end)
        write(word.start, end.end, '_'.repeat(end.end - word.start));
    } else if (/^(?:int|short|char)$/u.test(name) && before === '(' && next === ',' && depth > 0) {
      write(word.start, word.end, '_'.repeat(word.end - word.start));
    }
  }
  return { text: edited(blank(text, all, ['comment', 'directive']), edits), loops };
}
