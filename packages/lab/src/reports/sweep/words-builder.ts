// SPDX-License-Identifier: GPL-2.0-only
// The command lines of all rows, word by word: most words are the same in all of them, or follow a parameter.

import type { Word } from './data';
import { packCodes } from './packed';

/** A column whose codes a word can follow. */
export interface Followed {
  readonly index: number;
  readonly codes: readonly number[];
  readonly codeCount: number;
}

/** One place of the line: at each row a word, or none. */
class Place {
  readonly texts = new Map<string, number>([['', 0]]);
  readonly codes: number[] = [];

  add(row: number, text: string): void {
    let code = this.texts.get(text);
    if (code === undefined) this.texts.set(text, (code = this.texts.size));
    while (this.codes.length < row) this.codes.push(0);
    this.codes.push(code);
  }

  word(rows: number, columns: readonly Followed[]): Word {
    while (this.codes.length < rows) this.codes.push(0);
    const texts = [...this.texts.keys()];
    const [first = 0] = this.codes;
    if (this.codes.every((code) => code === first)) return texts[first] ?? '';
    for (const { index, codes, codeCount } of columns) {
      const followed = this.following(codes, codeCount);
      if (followed) return { by: index, texts: followed.map((code) => texts[code] ?? '') };
    }
    return { codes: packCodes(this.codes), texts };
  }

  /** The word's code for each code of a column; null if it is no function of it. */
  private following(codes: readonly number[], codeCount: number): number[] | null {
    const found = new Array<number>(codeCount).fill(-1);
    for (const [row, own] of this.codes.entries()) {
      const code = codes[row] ?? 0;
      if (found[code] !== own && found[code] !== -1) return null;
      found[code] = own;
    }
    return found.map((code) => Math.max(0, code));
  }
}

export class WordsBuilder {
  private readonly places: Place[] = [];
  private rows = 0;

  /** @param words of the next row, as a shell takes them */
  add(words: readonly string[]): void {
    for (const [i, word] of words.entries()) {
      const place = this.places[i] ?? new Place();
      this.places[i] = place;
      place.add(this.rows, word);
    }
    this.rows++;
  }

  words(columns: readonly Followed[]): Word[] {
    return this.places.map((place) => place.word(this.rows, columns));
  }
}
