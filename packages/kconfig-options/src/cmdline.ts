// SPDX-License-Identifier: GPL-2.0-only
// Kernel command line text: the parameters of the series with the C's types, the rest collected.

import { check_value, text as a_text } from '@iommu-bounce/linux-shim/options';
import { KconfigError } from './errors';
import { PARAM_EXPECTED, parseBool, parseUnsigned } from './param-types';
import type { ParamType } from './param-types';

export interface KernelParams {
  /** io_buffer_pool.num_slots: slots per size class of the pool. */
  numSlots: number;
  /** io_buffer_pool.class_sizes: bit i stands for buffers of 4096 << i bytes. */
  classSizes: number;
  /** iommu.strict: invalidate the IOTLB at once. */
  strict: boolean;
  /** iommu.passthrough: no translation. */
  passthrough: boolean;
  /** iommu.forcedac: no preference for addresses below 4 GiB. */
  forcedac: boolean;
}

export interface ParamDescription {
  readonly name: string;
  readonly key: keyof KernelParams;
  readonly type: ParamType;
  /** An early_param of the kernel, not a module parameter. */
  readonly isEarly: boolean;
}

export interface Cmdline {
  readonly params: KernelParams;
  /** Which of the parameters the text sets. */
  readonly given: ReadonlySet<keyof KernelParams>;
  /** Everything else, as it stands in the text, without quotes. */
  readonly unknown: readonly string[];
  /** What follows `--`: for init, not for the kernel. */
  readonly initArguments: string;
}

export const PARAM_DEFAULTS: Readonly<KernelParams> = {
  numSlots: 1024,
  classSizes: 37,
  strict: true,
  passthrough: false,
  forcedac: false,
};

export const KERNEL_PARAMS: readonly ParamDescription[] = [
  { name: 'io_buffer_pool.num_slots', key: 'numSlots', type: 'uint', isEarly: false },
  { name: 'io_buffer_pool.class_sizes', key: 'classSizes', type: 'byte', isEarly: false },
  { name: 'iommu.strict', key: 'strict', type: 'bool', isEarly: true },
  { name: 'iommu.passthrough', key: 'passthrough', type: 'bool', isEarly: true },
  { name: 'iommu.forcedac', key: 'forcedac', type: 'bool', isEarly: true },
];

/**
 * Parses kernel command line text. The last of several values counts. Throws a KconfigError for a
 * value that the C refuses, where the kernel would log it and go on with the default.
 */
export function parseCmdline(text: string, file = 'command line'): Cmdline {
  check_value('parseCmdline', 'text', text, a_text);
  const params: KernelParams = { ...PARAM_DEFAULTS };
  const given = new Set<keyof KernelParams>();
  const unknown: string[] = [];
  let rest = text.trimStart();
  while (rest !== '') {
    const argument = nextArgument(rest);
    rest = argument.rest;
    const { name, value } = argument;
    if (name === '--' && value === null) return { params, given, unknown, initArguments: rest };
    const param = KERNEL_PARAMS.find((known) => isSameName(known.name, name));
    if (!param) {
      unknown.push(value === null ? name : `${name}=${value}`);
      continue;
    }
    setParam(params, param, value, file);
    given.add(param.key);
  }
  return { params, given, unknown, initArguments: '' };
}

function setParam(
  params: KernelParams,
  param: ParamDescription,
  value: string | null,
  file: string,
): void {
  const { key, name } = param;
  // Without `=` the C hands NULL to the parameter, and all of these refuse it: -EINVAL.
  const refuse = () =>
    new KconfigError(
      file,
      1,
      `expected ${PARAM_EXPECTED[param.type]} for ${name}, got ${value === null ? 'no value' : `'${value}'`}`,
    );
  switch (key) {
    case 'numSlots':
    case 'classSizes': {
      const parsed =
        value === null ? null : parseUnsigned(value, key === 'numSlots' ? 'uint' : 'byte');
      if (parsed === null) throw refuse();
      params[key] = parsed;
      return;
    }
    default: {
      const parsed = value === null ? null : parseBool(value);
      if (parsed === null) throw refuse();
      params[key] = parsed;
    }
  }
}

/** kernel/params.c, parameq: dashes and underscores are the same. */
function isSameName(a: string, b: string): boolean {
  return a.replaceAll('-', '_') === b.replaceAll('-', '_');
}

interface Argument {
  readonly name: string;
  readonly value: string | null;
  readonly rest: string;
}

/** lib/cmdline.c, next_arg: white space within double quotes belongs to the argument. */
function nextArgument(text: string): Argument {
  const isWholeQuoted = text.startsWith('"');
  const body = isWholeQuoted ? text.slice(1) : text;
  let isQuoted = isWholeQuoted;
  let equals = 0;
  let end = 0;
  for (; end < body.length; end++) {
    const char = body.charAt(end);
    if (!isQuoted && /\s/.test(char)) break;
    if (equals === 0 && char === '=') equals = end;
    if (char === '"') isQuoted = !isQuoted;
  }
  const rest = body.slice(end).trimStart();
  let argument = body.slice(0, end);
  if (equals === 0) {
    if (isWholeQuoted) argument = withoutLastQuote(argument);
    return { name: argument, value: null, rest };
  }
  const name = argument.slice(0, equals);
  let value = argument.slice(equals + 1);
  if (value.startsWith('"')) value = withoutLastQuote(value.slice(1));
  else if (isWholeQuoted) value = withoutLastQuote(value);
  return { name, value, rest };
}

function withoutLastQuote(text: string): string {
  return text.endsWith('"') ? text.slice(0, -1) : text;
}
