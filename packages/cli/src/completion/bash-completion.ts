import type { CommandWords } from './command-words.ts'

/** A script for bash, which shows words without descriptions. */
export function bashCompletion(commands: readonly CommandWords[]): string {
  const names = commands.map(({ word }) => word).join(' ')
  const cases = commands.map(
    ({ word, options }) => `    ${word}) words='${options.map((it) => it.word).join(' ')}' ;;`,
  )
  const valued = new Set(
    commands.flatMap(({ options }) => options.filter((it) => it.takesValue).map((it) => it.word)),
  )
  return `# bash completion of rollcall; load it with: source <(rollcall completion bash)
_rollcall() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words=''
  COMPREPLY=()
  case "$before" in
    ${[...valued].join('|')}) return ;;
  esac
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words='${names} --help --version'; fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _rollcall rollcall
`
}
