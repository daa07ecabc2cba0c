// SPDX-License-Identifier: GPL-2.0-only
// A simple network card in numbers, and what its driver and the stack above spend on a packet.

import { settingsOver } from '../../settings';

export interface NicParameters {
  readonly nicBytesPerS: number;
  readonly nicPacketsPerS: number;
  readonly nicLatencyNs: number;
  readonly nicPostNs: number;
  readonly nicRxNs: number;
  readonly nicTxNs: number;
  readonly nicTxDoneNs: number;
}

export type NicName = keyof NicParameters;

export interface NicParameter {
  readonly name: NicName;
  readonly unit: 'ns' | 'bytes/s' | 'packets/s';
  readonly default: number;
  /** Both ends inclusive. */
  readonly min: number;
  readonly max: number;
  readonly source: string;
  readonly what: string;
}

type Row = readonly [
  name: NicName,
  unit: NicParameter['unit'],
  usual: number,
  min: number,
  max: number,
  source: string,
  what: string,
];

// oxfmt-ignore
const ROWS: readonly Row[] = [
  ['nicBytesPerS', 'bytes/s', 1.25e9, 1.25e7, 5e10, 'assumption: a 10 Gbit/s link', 'bytes per second on the wire, each way'],
  ['nicPacketsPerS', 'packets/s', 5e6, 1e4, 1.5e8, 'assumption: below 14.88 million per second, the smallest frames of such a link', 'packets per second, each way'],
  ['nicLatencyNs', 'ns', 5000, 500, 100000, 'assumption: doorbell, fetching the descriptor, writing back', 'from the end of a packet on the wire until the driver can see it'],
  ['nicPostNs', 'ns', 100, 10, 2000, 'assumption: cutting the buffer, a ring entry', 'posting a receive buffer, without the map'],
  ['nicRxNs', 'ns', 900, 100, 20000, 'assumption: driver, IP, TCP, waking the reader', 'handling a received packet, without the unmap'],
  ['nicTxNs', 'ns', 900, 100, 20000, 'assumption: TCP, IP, driver, doorbell', 'sending a packet, without the map'],
  ['nicTxDoneNs', 'ns', 100, 10, 5000, 'assumption: freeing the packet', 'completing a sent packet, without the unmap'],
];

export const NIC_PARAMETERS: readonly NicParameter[] = ROWS.map(
  ([name, unit, usual, min, max, source, what]) => ({
    name,
    unit,
    default: usual,
    min,
    max,
    source,
    what,
  }),
);

/**
 * @param settings texts `name=value`
 * @throws InputError for a name that is none, or a value outside its range
 */
export function nicParameters(settings: readonly string[] = []): NicParameters {
  return settingsOver<NicName, NicParameter>(NIC_PARAMETERS, settings, {
    called: 'card parameter',
  });
}

/** Settings of the card, and of everything else. */
export function splitSettings(settings: readonly string[] = []): {
  readonly nic: readonly string[];
  readonly others: readonly string[];
} {
  const isNic = (text: string): boolean => text.startsWith('nic');
  return { nic: settings.filter(isNic), others: settings.filter((text) => !isNic(text)) };
}
