// SPDX-License-Identifier: GPL-2.0-only
// A configuration: every option of a Kconfig with the value that a .config and the rules give it.

import {
  check_options,
  check_value,
  flag,
  instance_of,
  text,
} from '@iommu-bounce/linux-shim/options';
import { readDotConfig } from './dotconfig-reader';
import { KERNEL_PREFIX, writeDotConfig } from './dotconfig-writer';
import type { DotConfigOptions } from './dotconfig-writer';
import { KconfigError, limitDepth } from './errors';
import { Evaluator } from './evaluator';
import { explainSymbol } from './explain';
import { whyNone } from './suggest';
import type { Explanation } from './explain';
import { Kconfig } from './kconfig';
import type { KconfigSymbol, SymbolType } from './model';
import { tristateName } from './tristate';
import type { TristateName } from './tristate';

export interface SymbolJSON {
  /** unknown: used, but without a type. */
  readonly type: SymbolType;
  /** As in .config, strings without quotes. */
  readonly value: string;
  /** The most that a user can set it to. */
  readonly visibility: TristateName;
}

export interface ConfigJSON {
  /** Every option, by name. */
  readonly symbols: Record<string, SymbolJSON>;
  /** Of the Kconfig, of the .config, and of the evaluation, one line each. */
  readonly warnings: string[];
}

export interface EvaluateOptions {
  /** The name of the .config in warnings; default ".config". */
  readonly file?: string;
  /** What stands before each name in a .config; default "CONFIG_", for Buildroot "". */
  readonly prefix?: string;
}

/** The configuration that `dotConfig` (the text of a .config; default none) makes of `kconfig`. */
export function evaluate(kconfig: Kconfig, dotConfig = '', options: EvaluateOptions = {}): Config {
  check_value('evaluate', 'kconfig', kconfig, instance_of(Kconfig, 'what parseKconfig() returns'));
  check_value('evaluate', 'dotConfig', dotConfig, text);
  check_options('evaluate', options, { file: text, prefix: text });
  return new Config(kconfig, dotConfig, options.file ?? '.config', options.prefix ?? KERNEL_PREFIX);
}

export class Config {
  /** Of the Kconfig, of the .config, and of the evaluation, one line each. */
  readonly warnings: readonly string[];
  private readonly evaluator: Evaluator;

  constructor(
    readonly kconfig: Kconfig,
    dotConfig: string,
    file: string,
    private readonly prefix: string = KERNEL_PREFIX,
  ) {
    const read = readDotConfig(kconfig, dotConfig, file, prefix);
    this.evaluator = new Evaluator(kconfig, read.user);
    limitDepth(kconfig.file, () => {
      for (const symbol of kconfig.evaluationOrder) this.evaluator.text(symbol);
    });
    this.warnings = [...kconfig.warnings, ...read.warnings, ...this.evaluator.warnings];
  }

  /** The value as in .config (y, m, n, 42, 0x10, text without quotes); undefined for no such option. */
  value(name: string): string | undefined {
    const symbol = this.find(name);
    return symbol && this.evaluator.text(symbol);
  }

  /** The most that a user can set the option to. */
  visibility(name: string): TristateName | undefined {
    const symbol = this.find(name);
    return symbol && tristateName(this.evaluator.visibility(symbol));
  }

  /** IS_ENABLED() of the kernel: y or m. */
  isEnabled(name: string): boolean {
    const value = this.logical(name);
    return value === 'y' || value === 'm';
  }

  /** IS_BUILTIN() of the kernel: y. */
  isBuiltIn(name: string): boolean {
    return this.logical(name) === 'y';
  }

  /** Why the option has its value. Throws a KconfigError if there is no such option. */
  explain(name: string): Explanation {
    const symbol = this.find(name);
    if (!symbol) {
      throw new KconfigError(
        this.kconfig.file,
        0,
        `no option ${name}; ${whyNone(this.kconfig, this.bare(name))}`,
      );
    }
    return explainSymbol(this.evaluator, symbol);
  }

  /** The .config that stands for this configuration. */
  toDotConfig(options: DotConfigOptions = {}): string {
    check_options('toDotConfig', options, { heading: flag });
    return writeDotConfig(this.kconfig, this.evaluator, options, this.prefix);
  }

  toJSON(): ConfigJSON {
    const symbols = Object.create(null) as Record<string, SymbolJSON>;
    for (const symbol of this.kconfig.symbols) {
      symbols[symbol.name] = {
        type: symbol.type,
        value: this.evaluator.text(symbol),
        visibility: tristateName(this.evaluator.visibility(symbol)),
      };
    }
    return { symbols, warnings: [...this.warnings] };
  }

  private logical(name: string): TristateName {
    const symbol = this.find(name);
    return symbol ? tristateName(this.evaluator.tristate(symbol)) : 'n';
  }

  /** `CONFIG_X` is accepted for `X`. */
  private find(name: string): KconfigSymbol | undefined {
    return this.kconfig.find(name) ?? this.kconfig.find(this.bare(name));
  }

  private bare(name: string): string {
    const prefix = [this.prefix, KERNEL_PREFIX].find((one) => one !== '' && name.startsWith(one));
    return prefix === undefined ? name : name.slice(prefix.length);
  }
}
