// SPDX-License-Identifier: GPL-2.0-only
// What this package offers: Kconfig, .config, obj-… rules and kernel parameters, evaluated and explained.

// Kconfig and .config
export { parseKconfig } from './parser';
export type { ReadFile } from './sources';
export type { ParseOptions } from './parse-options';
export type { ShellCall } from './preprocess';
export { evaluate } from './config';
export type { Config } from './config';
export type { ConfigJSON, EvaluateOptions, SymbolJSON } from './config';
export type { DotConfigOptions } from './dotconfig-writer';
export { checkDotConfig } from './dotconfig-check';
export type { DotConfigCheck } from './dotconfig-check';
export { suggestions } from './suggest';
export { plain } from './plain';
export type { Explanation } from './explain';
export type { Reason, ReasonKind } from './reason';
export type { TristateName } from './tristate';

// The menu tree, for tools that walk it
export type { Kconfig } from './kconfig';
export type { Choice, KconfigSymbol, MenuNode, NodeKind, SymbolType } from './model';
export type { Default, Prompt, Range, ReverseDep, Selection } from './model';
export type { Expr, Relation } from './model';

// Makefile rules
export { linkedObjects } from './makefile';
export type { LinkedObjects, OptionValues } from './makefile';

// Kernel command line
export { KERNEL_PARAMS, PARAM_DEFAULTS, parseCmdline } from './cmdline';
export type { Cmdline, KernelParams, ParamDescription } from './cmdline';
export type { ParamType } from './param-types';

// The series as data
export { seriesKconfig } from './series-kconfig';
export { seriesMakefile } from './series-makefile';

// Errors
export { KconfigError } from './errors';
export type { Place } from './errors';
