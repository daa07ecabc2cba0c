// SPDX-License-Identifier: GPL-2.0-only
// What stands in front of a kernel message: the time stays, the host goes.

/**
 * @param prefix all of the line in front of the message
 * @param pidOf the new pid of a caller
 */
export function logPrefix(prefix: string, pidOf: (pid: number) => number): string {
  return prefix
    .replace(/\S+(?= kernel: ?$)/, 'host')
    .replace(/^(\d{1,3},\d+,\d+,)[^;]*;/, '$1-;')
    .replace(
      /\[( *)T(\d+)\]/,
      (_, space: string, pid: string) => `[${space}T${String(pidOf(Number(pid)))}]`,
    );
}

/** When a line of a journal is from: the last field of digits and colons, or seconds since 1970. */
const WHEN = /^([^{]{1,40}?:\d\d\S*|\d{9,11}\.\d{6}) /u;
const LEFT_OUT = '{"SYSLOG_IDENTIFIER":"program","MESSAGE":"(left out)"}';

/** Of a line of another program in a journal: that there is one, and when; of JSON not even that. */
export function programPrefix(text: string): string {
  const when = WHEN.exec(text.trimStart())?.[1];
  return when === undefined ? LEFT_OUT : `${when} host program: (left out)`;
}
