// SPDX-License-Identifier: GPL-2.0-only
// `trace-cmd report`: default, with -t (nanoseconds), -l (the CPU glued to the flags), -R (raw) and --ts-diff.
import { type EventHead, MOST_CPUS } from '../event-head';
import type { Scanner } from '../scanner';
import { bracketedHead, isDigit, taskBefore, time } from './columns';
import { type Format, lost } from './format';

/** What the tool says of the file, and what its library says of a print format that it cannot parse. */
const NO_EVENT =
  /^(?:\s*$|cpus=\d+$|version = \d|CPU \d+ is empty$|trace-cmd: |\s*\[\w+:\w+\] |\s+Error: )/;
const LOST = /^CPU:(\d+) \[(?:(\d+) )?EVENTS DROPPED\]$/;
/** After `task-pid  ` of -l: `1d.h1.`, with -R too `1-0x9`. */
const GLUED = / (\d+)(?:-0x([\da-f]{1,4})|([.a-zA-Z#][.\w#]{2,7})) +(?=\d+\.\d+: )/y;
const TASK_LIMIT = 60;

export const traceCmd: Format = {
  name: 'trace-cmd',
  disorder: 1024,
  head(scan, line) {
    const head = bracketedHead(scan, line, '-', rawFlags) ?? gluedHead(scan, line);
    if (head !== null) timeDifference(scan);
    return head;
  },
  other(text, line) {
    if (NO_EVENT.test(text)) return null;
    const mark = LOST.exec(text);
    return mark === null ? 'unparsed' : lost(line, mark[1], mark[2]);
  },
};

function gluedHead(scan: Scanner, line: number): EventHead | null {
  const { text } = scan;
  // The CPU column is the first word after a pid that has a time behind it.
  for (
    let dash = text.indexOf('-');
    dash >= 0 && dash < TASK_LIMIT;
    dash = text.indexOf('-', dash + 1)
  ) {
    let end = dash + 1;
    while (isDigit(text.charCodeAt(end))) end++;
    if (end === dash + 1) continue;
    let at = end;
    while (text.charCodeAt(at + 1) === 0x20) at++;
    GLUED.lastIndex = at;
    const found = GLUED.exec(text);
    if (found === null) continue;
    const [all, cpu, raw, printed = ''] = found;
    scan.pos = at + all.length;
    const timeNs = time(scan);
    const task = taskBefore(text, end, '-');
    if (timeNs === null || task === null || Number(cpu) >= MOST_CPUS) continue;
    const flags = raw === undefined ? printed : marksOf(Number.parseInt(raw, 16));
    return { line, comm: task.comm, pid: task.pid, cpu: Number(cpu), flags, timeNs };
  }
  return null;
}

/** -R prints the bits of the flags right behind the CPU column: `[001]-0x9`. */
function rawFlags(scan: Scanner): string | null {
  return scan.accept('-0x') ? marksOf(scan.hex()) : null;
}

/** The marks that ftrace prints for the flags of an entry (enum trace_flag_type of include/linux/trace_events.h). */
export function marksOf(bits: number): string {
  const has = (bit: number): boolean => (bits & bit) !== 0;
  const irqs = ['.', 'd', 'b', 'D'][(has(0x01) ? 1 : 0) + (has(0x80) ? 2 : 0)] ?? '.';
  const resched = ['.', 'n', 'p', 'N', 'l', 'L', 'b', 'B'][
    (has(0x04) ? 1 : 0) + (has(0x20) ? 2 : 0) + (has(0x02) ? 4 : 0)
  ];
  const interrupt = ['.', 'h', 's', 'H', 'z', 'Z', 'z', 'Z'][
    (has(0x08) ? 1 : 0) + (has(0x10) ? 2 : 0) + (has(0x40) ? 4 : 0)
  ];
  return `${irqs}${resched ?? '.'}${interrupt ?? '.'}..`;
}

/** --ts-diff: `(+3554)  ` after the time, in its unit; spaces alone on the first line. */
function timeDifference(scan: Scanner): void {
  const { text, pos } = scan;
  if (text.charCodeAt(pos) !== 0x28) return;
  const close = text.indexOf(')', pos);
  if (close < 0) return;
  scan.pos = close + 1;
  scan.skipSpaces();
}
