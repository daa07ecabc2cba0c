// SPDX-License-Identifier: GPL-2.0-only
// Numbers one behind the other, as many as come: in blocks, so that a long column is never copied.

const BLOCK = 1 << 14;

type Block = Float64Array | Uint32Array | Uint16Array | Uint8Array;

export class Column {
  length = 0;
  private readonly blocks: Block[] = [];

  /** @param type what its numbers fit into */
  constructor(private readonly type: new (length: number) => Block) {}

  push(value: number): void {
    const i = this.length++;
    if (i % BLOCK === 0) this.blocks.push(new this.type(BLOCK));
    this.set(i, value);
  }

  /** NaN beyond the end. */
  get(i: number): number {
    return this.blocks[Math.floor(i / BLOCK)]?.[i % BLOCK] ?? NaN;
  }

  set(i: number, value: number): void {
    const block = this.blocks[Math.floor(i / BLOCK)];
    if (block) block[i % BLOCK] = value;
  }
}
