// SPDX-License-Identifier: GPL-2.0-only
// What a Kconfig may ask of the world around it. The caller passes each ability; without one, nothing is asked.

import { type shape_of, a_function, instance_of } from '@iommu-bounce/linux-shim/options';

export interface ParseOptions {
  /** An environment variable, for `$(NAME)`, `option env` and `$NAME` in `source`; default: none is set. */
  readonly env?: (name: string) => string | undefined;
  /**
   * Runs the command of `$(shell,COMMAND)` and returns what it printed. Without it, or where it returns
   * undefined, the call is listed in `Kconfig.notRun` and counts as empty.
   */
  readonly shell?: (command: string) => string | undefined;
  /**
   * Values that win over the files, the environment and the shell. The key is a variable (`CC`), a function
   * with any arguments (`cc-option`), or one call with its expanded arguments (`shell,uname -m`).
   */
  readonly macros?: ReadonlyMap<string, string>;
  /** The files that a pattern with `*`, `?` or `[` names, as paths for `readFile`; default: none. */
  readonly glob?: (pattern: string) => readonly string[];
}

export const PARSE_OPTIONS: shape_of<ParseOptions> = {
  env: a_function,
  shell: a_function,
  macros: instance_of(Map, 'a Map of texts'),
  glob: a_function,
};
