// SPDX-License-Identifier: GPL-2.0-only
// What the tests do over and over: parse a text, evaluate it, catch the error of a bad one.

import { expect } from 'chai';

import { KconfigError, evaluate, parseKconfig } from '../src';
import type { Config, Kconfig } from '../src';

/** Parses `text` as the file Kconfig; `sources` are the other files. */
export function parse(text: string, sources: Record<string, string> = {}): Kconfig {
  return parseKconfig('Kconfig', (path) => (path === 'Kconfig' ? text : sources[path]));
}

export function configure(text: string, dotConfig = ''): Config {
  return evaluate(parse(text), dotConfig);
}

/** The error that `work` throws. */
export function errorOf(work: () => unknown): KconfigError {
  try {
    work();
  } catch (error) {
    expect(error).to.be.instanceOf(KconfigError);
    return error as KconfigError;
  }
  throw new Error('expected a KconfigError, got none');
}

/** The message of the error that parsing `text` gives: one line, and no stack. */
export function parseError(text: string, sources: Record<string, string> = {}): string {
  const { message } = errorOf(() => parse(text, sources));
  expect(message).not.to.include('\n');
  return message;
}

/** `config` without help: a symbol with its options, one per line. */
export function option(name: string, ...lines: string[]): string {
  return [`config ${name}`, ...lines.map((line) => `\t${line}`), '', ''].join('\n');
}

export const MODULES = option('MODULES', 'bool "Modules"', 'default y', 'option modules');
