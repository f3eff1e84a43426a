// `completion`: a script for the shell, made from the commands themselves.
import type { Command } from 'commander'

export const SHELLS = ['bash', 'zsh'] as const

/** Each command line so far, and what may follow: commands, else options. */
function words(command: Command, path: string): [path: string, words: string[]][] {
  const below = command.commands.flatMap((sub) => words(sub, `${path} ${sub.name()}`.trim()))
  const options = command.options.filter(({ hidden }) => !hidden).map(({ long }) => long ?? '')
  const next = command.commands.length > 0 ? command.commands.map((sub) => sub.name()) : options
  return [[path, [...next, '--help']], ...below]
}

/** Prints nothing by itself: `source <(auth0-logs completion bash)`. */
export function completionScript(program: Command, shell: (typeof SHELLS)[number]): string {
  const cases = words(program, '').map(([path, next]) => `    '${path}') words='${next.join(' ')}' ;;`)
  const script = `_auth0_logs() {
  local path='' word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) case "$path $word" in ${deep(program)}) path="$path $word" ;; *) [ -z "$path" ] && path="$word" ;; esac ;; esac
  done
  path="\${path# }"
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _auth0_logs auth0-logs
`
  return shell === 'bash' ? script : `autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${script}`
}

/** Command lines of two words, as patterns of a case. */
const deep = (program: Command) => {
  const pairs = program.commands.flatMap((command) => command.commands.map((sub) => `'${command.name()} ${sub.name()}'`))
  return pairs.length > 0 ? pairs.join('|') : "''"
}
