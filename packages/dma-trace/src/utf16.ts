// SPDX-License-Identifier: GPL-2.0-only
// Text in UTF-16, as `>` of Windows PowerShell writes it, as UTF-8.

/** Bytes that tell. */
const LEAST = 4;

/** Chunks as they come, or of UTF-16 as UTF-8 without its mark. */
export async function* asUtf8(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  let decoder: InstanceType<typeof TextDecoder> | null = null;
  let isKnown = false;
  for await (const chunk of chunks) {
    if (!isKnown && chunk.length > 0) {
      isKnown = true;
      const encoding = encodingOf(chunk);
      if (encoding !== null) decoder = new TextDecoder(encoding);
    }
    yield decoder === null ? chunk : Buffer.from(decoder.decode(chunk, { stream: true }));
  }
  // Of a file that was cut within a character: U+FFFD stands for what is left of it.
  if (decoder !== null) yield Buffer.from(decoder.decode());
}

/** By its mark; without one, by the zeros beside the first two letters. Null for any other. */
function encodingOf(bytes: Buffer): 'utf-16le' | 'utf-16be' | null {
  if (bytes.length < LEAST) return null;
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  if ((a === 0xff && b === 0xfe) || (isText(a) && b === 0 && isText(c) && d === 0))
    return 'utf-16le';
  if ((a === 0xfe && b === 0xff) || (a === 0 && isText(b) && c === 0 && isText(d)))
    return 'utf-16be';
  return null;
}

/** Printable ASCII, or white space. */
const isText = (byte: number): boolean =>
  (byte >= 0x20 && byte < 0x7f) || (byte >= 9 && byte <= 13);
