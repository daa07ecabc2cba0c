// SPDX-License-Identifier: GPL-2.0-only
// Numbers that are written one behind the other and read in the same order: words of 32 bits and doubles in two arrays.

/** Room at first; grows. */
const FEW = 1024;

/** What was written since the chunk before. */
export class NumbersChunk {
  private wordAt = 0;
  private doubleAt = 0;

  constructor(
    readonly steps: number,
    private readonly words: Uint32Array,
    private readonly doubles: Float64Array,
  ) {}

  get bytes(): number {
    return this.words.byteLength + this.doubles.byteLength;
  }

  /** To the first number. */
  rewind(): void {
    this.wordAt = 0;
    this.doubleAt = 0;
  }

  /** The next whole number. */
  word(): number {
    return this.words[this.wordAt++] as number;
  }

  /** The next of the others. */
  double(): number {
    return this.doubles[this.doubleAt++] as number;
  }
}

export class Numbers {
  private words = new Uint32Array(FEW);
  private doubles = new Float64Array(FEW);
  private wordsUsed = 0;
  private doublesUsed = 0;

  /** @param n whole, 0 to 2^32 - 1 */
  word(n: number): void {
    if (this.wordsUsed === this.words.length) this.words = grown(this.words, Uint32Array);
    this.words[this.wordsUsed++] = n;
  }

  double(n: number): void {
    if (this.doublesUsed === this.doubles.length) this.doubles = grown(this.doubles, Float64Array);
    this.doubles[this.doublesUsed++] = n;
  }

  /** What was written so far, which is forgotten here. */
  take(steps: number): NumbersChunk {
    const words = this.words.slice(0, this.wordsUsed);
    const doubles = this.doubles.slice(0, this.doublesUsed);
    this.wordsUsed = 0;
    this.doublesUsed = 0;
    return new NumbersChunk(steps, words, doubles);
  }
}

function grown<A extends Uint32Array | Float64Array>(from: A, type: new (length: number) => A): A {
  const to = new type(2 * from.length);
  to.set(from);
  return to;
}

/** Texts by number. */
export class Texts {
  private readonly numbers = new Map<string, number>();
  private readonly texts: string[] = [];
  private latest = '';
  private number = -1;

  /** @param most texts */
  constructor(private readonly most: number) {}

  /** The number of a text; -1: there are too many. */
  of(text: string): number {
    // Most lines are like the line before.
    if (text === this.latest && this.number >= 0) return this.number;
    let number = this.numbers.get(text);
    if (number === undefined) {
      number = this.texts.length;
      if (number === this.most) return -1;
      this.texts.push(text);
      this.numbers.set(text, number);
    }
    this.latest = text;
    this.number = number;
    return number;
  }

  at(number: number): string {
    return this.texts[number] as string;
  }
}

/** A distance of lines, of either sign, as a whole number. */
export function lineCode(distance: number): number {
  return distance < 0 ? -2 * distance - 1 : 2 * distance;
}

export function lineOf(code: number): number {
  return code % 2 === 1 ? -(code + 1) / 2 : code / 2;
}
