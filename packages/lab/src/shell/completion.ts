// SPDX-License-Identifier: GPL-2.0-only
// Completion of verbs, options and their values, as a script for a shell.

import { inAscii } from '../show/text';
import type { OptionText, VerbText } from './verbs';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

const NAME = 'iommu-bounce';

/** A script, in ASCII, that the shell runs when it starts; words that are no option complete to files. */
export function completionScript(shell: Shell, verbs: readonly VerbText[]): string {
  return { bash, zsh, fish }[shell](verbs);
}

function bash(verbs: readonly VerbText[]): string {
  const names = verbs.map(({ name }) => name).join(' ');
  const valued = new Map(
    verbs.flatMap(({ options }) =>
      options.filter(({ value }) => value !== '').map(({ flag, words }) => [flag, words] as const),
    ),
  );
  const values = [...valued]
    .map(
      ([flag, words]) =>
        `    ${flag}) COMPREPLY=(${words.length === 0 ? '' : `$(compgen -W ${quoted(words.join(' '))} -- "$cur")`}); return ;;`,
    )
    .join('\n');
  const options = verbs
    .map(({ name, options: own }) => `    ${name}) words=${quoted(flagsOf(own))} ;;`)
    .join('\n');
  return `# bash completion for ${NAME}: eval "$(${NAME} completion bash)"
_iommu_bounce() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} words=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quoted(`${names} --help --version`)} -- "$cur"))
    return
  fi
  case $prev in
${values}
  esac
  case \${COMP_WORDS[1]} in
${options}
  esac
  case $cur in
    -*) COMPREPLY=($(compgen -W "$words" -- "$cur")) ;;
  esac
}
complete -o default -F _iommu_bounce ${NAME}
`;
}

function zsh(verbs: readonly VerbText[]): string {
  const list = verbs.map(({ name, about }) => `    ${quoted(`${name}:${about}`)}`).join('\n');
  const cases = verbs
    .map(({ name, options }) => {
      const own = options.map((one) => `        ${quoted(zshOption(one))}`).join(' \\\n');
      return `    ${name})\n      _arguments -S \\\n${own} \\\n        '*:file:_files' ;;`;
    })
    .join('\n');
  return `#compdef ${NAME}
# zsh completion for ${NAME}: source <(${NAME} completion zsh)
_iommu_bounce() {
  local -a verbs
  verbs=(
${list}
  )
  if (( CURRENT == 2 )); then
    _describe verb verbs
    return
  fi
  local verb=$words[2]
  shift words
  (( CURRENT-- ))
  case $verb in
${cases}
  esac
}
compdef _iommu_bounce ${NAME}
`;
}

function zshOption({ flag, value, about, words, isPath }: OptionText): string {
  const text = about.replace(/[[\]:\\]/g, '\\$&');
  const many = flag === '--set' ? '*' : '';
  if (value === '') return `${many}${flag}[${text}]`;
  const name = value.replace(/[^\w.]/g, '');
  const action = words.length > 0 ? `(${words.join(' ')})` : isPath ? '_files' : ' ';
  return `${many}${flag}[${text}]:${name}:${action}`;
}

function fish(verbs: readonly VerbText[]): string {
  const lines = verbs.flatMap(({ name, about, options }) => [
    `complete -c ${NAME} -n __fish_use_subcommand -f -a ${name} -d ${quoted(about)}`,
    ...options.map(({ flag, value, about: text, words, isPath }) => {
      const takes = value === '' ? '' : isPath ? ' -r' : ' -x';
      const list = words.length > 0 ? ` -a ${quoted(words.join(' '))}` : '';
      return `complete -c ${NAME} -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)}${takes}${list} -d ${quoted(text)}`;
    }),
  ]);
  return `# fish completion for ${NAME}: ${NAME} completion fish | source\n${lines.join('\n')}\n`;
}

function flagsOf(options: readonly OptionText[]): string {
  return options.map(({ flag }) => flag).join(' ');
}

/** In single quotes, which all three shells read alike; a quote itself stands between two such words. */
function quoted(text: string): string {
  return `'${inAscii(text).replaceAll("'", "'\\''").replaceAll('\n', ' ')}'`;
}
