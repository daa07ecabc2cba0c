// SPDX-License-Identifier: GPL-2.0-only
// Compressed files, whole and with a flipped bit anywhere: a damaged one is never taken for something else.
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { TraceError, type TraceEvent, readTrace } from '../src';
import { TempFiles } from './temp-files';

/** Bytes from one that is flipped to the next. */
const STEP = process.env['TEST_LONG'] === '1' ? 3 : 9;

/** Sixty lines that `lines` makes, by zstd 1.5 -19, as two frames. */
const ZSTD = Buffer.from(
  'KLUv/QRojQoARtg+GHAt7FBYIcCSSDjjyHZ8arOb4cqG4781vD8ANAA1AKeGyGbz7+98SsTFyooLHWCPJWFNFpBiZt8PpZ' +
    'CjmFlyiRFQpLEoA4TBcCiUgQMxysAEV4qgKMwsUcoFGosvJdso8deVK+ScZ1ClymW3e0aL1vH1mNSr16LDPmpvf4+GT5Ej' +
    'R+tyDV66xNmn9/39upxT8WnmciEjsy0afvLl67jz+b6+zk/aaNZaa+kzH0SNWo3xGksppedLPWj9epM8U+WtW394jSNr63' +
    '6LFiFSPOY4O5tL7mRublRqGRlTUz29Tc3ONuesxw8f1jWcrMvLeoyabOXKEQ3jrSpV3RtbqBFgiQA1vddu4FnGEkBACJYV' +
    'vGo4Ed4fpbbVXPlatm79b7na9n+E4EKX+IAVWOMDl/gihcfqYxF6YBU2MRkX3ML+tHysZm7tgZWQipiqyQHoatpWzDcotS' +
    '/9BGgVCwBWWD8YcC3sUFghwEpLKePIdlxqchnZjPzd/3dxQAA1ADYAzIj6eHh5m+emBDVZQIqZbetLjPD4P45iZvrmmSVG' +
    'OJHGogwQBsOhUAaOwygDszQzwZUiKAozS5RygcZilQIwAYhVdTnPODt7mlLTO3aXFvJMZvpI+xEhhM5ZZTVPnjZ7DX+fPn' +
    'xrtvP4+B1TFUJrdZrIsRsF52ZsvNCxTa+UpUrj7wsXLk/X5vv7qvs4DydnQjdsePAkhWbt1641tlLv1tcNJpMIu02hpKgB' +
    '3///aYs9GzFis8qN1pUrhDRZz1rCTsO9vLzZuKYyZbqjVtOWLj08mnuvXi2lFNObqkm+WagRQJESrfdjz6DbHBJAEHhEiR' +
    'A8rfCI8Pz2t3gK8USPmF2yQl7SaprvMdEbrGYHcX2+N353bPyBE9AmhIVA7gfmcy2ilkW92mGM566u17UdlfWKmcd2fIzt' +
    'qAaBtlYBFDVOX3z0',
  'base64',
);

/** The same, by xz 5.4 -9e. */
const XZ = Buffer.from(
  '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4BRUArddABBhlNJx95a8RKFt9fukpXfPCgkIZovRY/DbzGMVBK1SMjvkbSN5QJ' +
    '2OZMlJ7qeCuVWC1l+1efbHaEXqOlEDJb6XPLKuB7MgKltxOStMexCBbvpyTv4shQChTbbevllBvrdmA8rcZvGrjSFH6mCS' +
    's5g+fHHaoM6gtXYBFSM6rR1P3fSTaqO4iRZ/WgRKuAlMuIJKhyIATCWNtq6NvMD9wi5ffIi4PXmPhpIO7NcqWBgMVx4Ip6' +
    'txaPPl1nDJl/0oQWaBrp7IlLK6yAKHH1oFpAtlkQuH+aAZC0xJaDdcDUSzUM5jqjhlrUTNqs5Hd440GU6fD7q5gl9YcHLA' +
    'o3061LYo/RcvnSfM3EL5//zvVQVT4sRZRTL9OWUG2mOGbAQYvGFeNCTLyjPvp2ZRcigWiB+FMO0APu2hmhwcFlle3vBe34' +
    'Hpak5QegqMRrBO5ZnzO3vmoYkAQxcUhA2UVi8VqN/7x/WOFr1glB9Y7laPy1X+WGcn9vrkNM84OB0tU0vUXUfwScbX4dsl' +
    'z/8fyQk3iSDgnSizxa5Fs+Mtv3KvitWaVMNXdrD4nKNh5xBc2FHbdGDbYKTnjRtwnurIWWvRR5QSei0EEaETmH8R041c/M' +
    't7UTEKgjxisOhUGmWFobcipYz66tkBccJnKIfSI90H92Fa58JvEzSxNMhiavZCj0752R2vlmyDkie6Z0FyERhhNBAIVGQm' +
    'dNdome4aFUxNp10lgylp3BXO4zsUNv0xOTpfy7ZLNEMI+d7pA63Nd/aoo+MBfT1eH+pXqTc2t75a/BiRevM4NWB1iWrizV' +
    'b43d2yEYBXYwsouKxKg/5Af0GmcHF3JbzHQYv5VCH0OGFKdwDZxh9E8GLXTOrNqhOnxr+7qrLEAW7mDlEg6Kqae+AHhjbK' +
    'M5k/+eUW3NHhQkPZlrnQtllSx1XRAACawODLe0cYNwAB0wXVKAAA32vLuLHEZ/sCAAAAAARZWg==',
  'base64',
);

function lines(): string {
  let x = 1;
  return Array.from({ length: 60 }, (_, i) => {
    x = (x * 48271) % 0x7fffffff;
    const iova = ((x >>> 8) * 4096).toString(16);
    const paddr = ((x & 0xffff) * 4096).toString(16);
    return `  fio-1  [000] .....  1.${String(i * 10).padStart(6, '0')}: map: IOMMU: iova=0x${iova} paddr=0x${paddr} size=4096\n`;
  }).join('');
}

/** Its events, or the reason why it was refused. */
async function outcome(file: string): Promise<TraceEvent[] | string> {
  const events: TraceEvent[] = [];
  try {
    for await (const event of readTrace(file)) events.push(event);
    return events;
  } catch (error) {
    if (error instanceof TraceError) return error.reason;
    throw error;
  }
}

describe('a compressed file', () => {
  const temp = new TempFiles();
  beforeEach(() => temp.make());
  afterEach(() => temp.remove());

  const files: [string, Buffer][] = [
    ['gzip', gzipSync(lines())],
    ['zstd', ZSTD],
    ['xz', XZ],
  ];

  for (const [name, bytes] of files) {
    it(`of ${name} is read`, async () => {
      const plain = await outcome(await temp.write('a', lines()));
      expect(plain).to.have.length(60);
      expect(await outcome(await temp.write('b', bytes))).to.deep.equal(plain);
    });

    it(`of ${name} is told as damaged, whichever byte it is @long-only`, async () => {
      const plain = await outcome(await temp.write('a', lines()));
      let damaged = 0;
      // The magic behind, which is another file's if it is changed.
      for (let at = 6; at < bytes.length; at += STEP) {
        const flipped = Buffer.from(bytes);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
        const found = await outcome(await temp.write('b', flipped));
        const reason = typeof found === 'string' ? found : '';
        const [, byte] =
          /^the \w+ data is damaged at or before byte (\d+); expected a whole \.\w+ file$/.exec(
            reason,
          ) ?? [];
        if (byte !== undefined) {
          expect(Number(byte), `byte ${String(at)}`).to.be.within(at, bytes.length);
          damaged++;
        } else if (!/^the \w+ data ends in the middle/.test(reason))
          // A time, a name, or what is left of a block's last byte: nothing of the text.
          expect(found, `byte ${String(at)}`).to.deep.equal(plain);
      }
      expect(damaged).to.be.above((0.75 * bytes.length) / STEP);
    });
  }

  it('is told as damaged, not by what it then seems to say', async () => {
    const text = lines();
    // Stored, not packed: a byte becomes a newline, so one line is two, as if it was wrapped.
    const bytes = gzipSync(text, { level: 0 });
    const at = bytes.indexOf('\n', 600);
    const wrapped = Buffer.from(bytes);
    wrapped[bytes.indexOf('iova', at) - 1] = 0x0a;
    expect(() => gunzipSync(wrapped)).to.throw('incorrect data check');
    expect(await outcome(await temp.write('a', wrapped))).to.match(/^the gzip data is damaged/);
  });
});
