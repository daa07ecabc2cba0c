// SPDX-License-Identifier: GPL-2.0-only
// How long a run will take: on a terminal at all times, elsewhere once and only where it is long.

import { expect } from 'chai';
import { Progress } from '../../src/progress';

function told(
  errIsTerminal: boolean,
  steps: readonly (readonly [ms: number, share: number])[],
): string {
  let ms = 0;
  let text = '';
  const io = {
    out: (): void => undefined,
    err: (more: string): void => {
      text += more;
    },
    errIsTerminal,
  };
  const left = new Progress(io, 'fio', () => ms);
  for (const [at, share] of steps) {
    ms = at;
    left.show('pool, j: 5 I/Os', share);
  }
  return text;
}

describe('the time that is left', () => {
  it('is drawn on a terminal, once there is something to say', () => {
    expect(told(true, [[1000, 0.1]])).to.match(/fio: pool, j: 5 I\/Os; 10 % done$/);
    expect(told(true, [[4000, 0.1]])).to.match(/; 10 % done, about 36 s left$/);
    expect(told(true, [[60_000, 0.1]])).to.match(/; 10 % done, about 9 min left$/);
    expect(told(true, [[3_600_000, 0.25]])).to.match(/; 25 % done, about 3.0 h left$/);
  });

  it('is told once elsewhere, and only if the run is long', () => {
    expect(
      told(false, [
        [9000, 0.01],
        [11_000, 0.05],
        [12_000, 0.06],
      ]),
    ).to.equal('fio: 5 % done, about 3 min left\n');
    expect(told(false, [[11_000, 0.8]])).to.equal('');
    expect(told(false, [[11_000, 0]])).to.equal('');
  });
});
