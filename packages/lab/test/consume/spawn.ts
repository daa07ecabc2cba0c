// SPDX-License-Identifier: GPL-2.0-only
// Runs a program as a user's shell would: without what npm, mocha and the coverage tool put into the environment.

import { spawn } from 'node:child_process';

export interface Run {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

const OURS =
  /^(npm_|NODE_OPTIONS$|NODE_V8_COVERAGE$|TEST_LONG$|INIT_CWD$|LERNA_|NX_|CI$|FORCE_COLOR$)/i;

function userEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !OURS.test(name));
  return { ...Object.fromEntries(kept), NX_DAEMON: 'false', NO_COLOR: '1' };
}

/** So many programs run at a time; the others wait for their turn. */
const AT_ONCE = 2;
let running = 0;
const waiting: (() => void)[] = [];

/** Runs it to its end, whatever that is. */
export async function attempt(
  cwd: string,
  command: string,
  args: readonly string[],
  extra: NodeJS.ProcessEnv = {},
): Promise<Run> {
  if (running === AT_ONCE) await new Promise<void>((go) => waiting.push(go));
  else running++;
  try {
    return await run(cwd, command, args, extra);
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}

function run(
  cwd: string,
  command: string,
  args: readonly string[],
  extra: NodeJS.ProcessEnv,
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...userEnvironment(), ...extra } });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.on('error', reject);
    child.on('close', (status) => {
      resolve({ status, out, err });
    });
  });
}

/** Runs it and gives its output; @throws Error with all that it said if it fails. */
export async function output(
  cwd: string,
  command: string,
  args: readonly string[],
  extra: NodeJS.ProcessEnv = {},
): Promise<string> {
  const { status, out, err } = await attempt(cwd, command, args, extra);
  if (status === 0) return out;
  const what = [command, ...args].join(' ');
  throw new Error(`\`${what}\` in ${cwd} ended with ${String(status)}:\n${out}${err}`);
}

/** Begins something for every item at once; `result` waits for that of one. */
export function beginAll<T, R>(
  items: readonly T[],
  begin: (item: T) => Promise<R>,
): (item: T) => Promise<R> {
  let begun: ReadonlyMap<T, Promise<R>> | undefined;
  const beginEach = (): ReadonlyMap<T, Promise<R>> => {
    const all = items.map((item) => [item, begin(item)] as const);
    for (const [, promise] of all) promise.catch(() => undefined); // the one who waits for it is told
    return new Map(all);
  };
  return (item) => {
    begun ??= beginEach();
    return begun.get(item) ?? begin(item);
  };
}

export const node = (cwd: string, ...args: readonly string[]): Promise<string> =>
  output(cwd, process.execPath, args);
