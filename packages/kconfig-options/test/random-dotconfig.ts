// SPDX-License-Identifier: GPL-2.0-only
// Random .configs for the differential test.

import { HEXES, INTS, ODD_HEXES, ODD_INTS, TEXTS } from './random';
import type { Dialect, Random } from './random';

export type Type = 'bool' | 'tristate' | 'int' | 'hex' | 'string';

export interface Known {
  readonly name: string;
  readonly type: Type;
  /** Expressions of a symbol name only symbols of a lower rank, which keeps loops out. */
  readonly rank: number;
}

/** A .config for these options: most lines fit, some do not. */
export function randomDotConfig(random: Random, known: readonly Known[], dialect: Dialect): string {
  const lines: string[] = ['# A comment'];
  for (const symbol of known) {
    for (let i = random.chance(65) ? (random.chance(5) ? 2 : 1) : 0; i > 0; i--) {
      lines.push(assignment(random, symbol, dialect));
    }
  }
  if (random.chance(20)) lines.push(random.pick(['CONFIG_UNDEF=y', 'rubbish', '', 'CONFIG_S1']));
  return lines.join(random.chance(5) ? '\r\n' : '\n') + random.pick(['\n', '']);
}

function assignment(random: Random, { name, type }: Known, dialect: Dialect): string {
  const isOdd = dialect === 'kernel' && random.chance(20);
  if (random.chance(3)) return `CONFIG_${name}=${random.pick(['', 'x', '"y"', '1.5'])}`;
  switch (type) {
    case 'bool':
    case 'tristate': {
      const value = random.pick(['y', 'y', 'm', 'n', '-']);
      return value === '-' ? `# CONFIG_${name} is not set` : `CONFIG_${name}=${value}`;
    }
    case 'int':
      return `CONFIG_${name}=${random.pick(isOdd ? ODD_INTS : INTS)}`;
    case 'hex':
      return `CONFIG_${name}=${random.pick(isOdd ? ODD_HEXES : HEXES)}`;
    case 'string': {
      const text = random.pick(TEXTS).replace(/[\\"]/g, '\\$&');
      return `CONFIG_${name}="${text}"${random.chance(3) ? ' rest' : ''}`;
    }
  }
}
