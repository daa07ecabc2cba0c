// SPDX-License-Identifier: GPL-2.0-only
// Runs a program as a user's shell would: without what npm, mocha and the coverage tool put into the environment.

import { spawn } from 'node:child_process';

export interface Run {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

const OURS = /^(npm_|NODE_OPTIONS$|NODE_V8_COVERAGE$|TS_NODE_|INIT_CWD$|LERNA_|NX_|CI$)/i;

function userEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !OURS.test(name));
  return { ...Object.fromEntries(kept), NX_DAEMON: 'false', NO_COLOR: '1' };
}

/** Runs it to its end, whatever that is. */
export function attempt(
  cwd: string,
  command: string,
  args: readonly string[],
  extra: NodeJS.ProcessEnv = {},
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

export const node = (cwd: string, ...args: readonly string[]): Promise<string> =>
  output(cwd, process.execPath, args);
