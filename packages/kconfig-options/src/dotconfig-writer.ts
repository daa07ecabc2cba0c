// SPDX-License-Identifier: GPL-2.0-only
// Writes a .config: declared order, a comment block per menu, "is not set" where a prompt can be seen.

import type { Evaluator } from './evaluator';
import type { Kconfig } from './kconfig';
import { KconfigSymbol } from './model';
import type { MenuNode } from './model';
import { plain } from './plain';
import { NO } from './tristate';

export interface DotConfigOptions {
  /** Begin with the kernel's heading, "Automatically generated file"; default false. */
  readonly heading?: boolean;
}

/** What stands before each name, unless the caller says otherwise. */
export const KERNEL_PREFIX = 'CONFIG_';

export function writeDotConfig(
  kconfig: Kconfig,
  evaluator: Evaluator,
  options: DotConfigOptions,
  prefix: string,
): string {
  const writer = new Writer(evaluator, prefix);
  if (options.heading) writer.heading(kconfig.mainMenu);
  for (const node of kconfig.root.children) writer.node(node);
  return writer.text;
}

/** The line of one symbol, without a newline; undefined where .config has none. */
export function dotConfigLine(
  evaluator: Evaluator,
  symbol: KconfigSymbol,
  prefix: string = KERNEL_PREFIX,
): string | undefined {
  if (!evaluator.isWritten(symbol)) return undefined;
  const value = evaluator.text(symbol);
  switch (symbol.type) {
    case 'bool':
    case 'tristate':
      return value === 'n'
        ? `# ${prefix}${symbol.name} is not set`
        : `${prefix}${symbol.name}=${value}`;
    case 'string':
      return `${prefix}${symbol.name}="${value.replace(/[\\"]/g, '\\$&')}"`;
    default:
      return `${prefix}${symbol.name}=${value}`;
  }
}

class Writer {
  text = '';
  private readonly seen = new Set<KconfigSymbol>();
  /** The last line ended a menu: a blank line goes before the next symbol. */
  private isAfterEnd = false;

  constructor(
    private readonly evaluator: Evaluator,
    private readonly prefix: string,
  ) {}

  heading(mainMenu: string): void {
    this.text += `#\n# Automatically generated file; DO NOT EDIT.\n# ${plain(mainMenu)}\n#\n`;
  }

  node(node: MenuNode): void {
    if (node.item instanceof KconfigSymbol) this.symbol(node.item);
    else if ((node.kind === 'menu' || node.kind === 'comment') && this.isVisible(node)) {
      this.text += `\n#\n# ${plain(node.prompt?.text ?? '')}\n#\n`;
      this.isAfterEnd = false;
    }
    for (const child of node.children) this.node(child);
    if (node.kind === 'menu' && node.children.length > 0 && this.isVisible(node)) {
      this.text += `# end of ${plain(node.prompt?.text ?? '')}\n`;
      this.isAfterEnd = true;
    }
  }

  private symbol(symbol: KconfigSymbol): void {
    if (this.seen.has(symbol)) return;
    this.seen.add(symbol);
    const line = dotConfigLine(this.evaluator, symbol, this.prefix);
    if (line === undefined) return;
    if (this.isAfterEnd) this.text += '\n';
    this.isAfterEnd = false;
    this.text += `${line}\n`;
  }

  private isVisible(node: MenuNode): boolean {
    return this.evaluator.expr(node.dep) !== NO && this.evaluator.expr(node.visibility) !== NO;
  }
}
