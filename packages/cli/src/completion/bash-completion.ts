import { type CommandWords, LIST_AGENTS, type ProgramWords, type Word } from './command-words.ts'

/** Generates the bash script; bash shows words without descriptions. */
export function bashCompletion({ options, commands }: ProgramWords): string {
  const programs = commands.filter((it) => it.runsProgram)
  return `# bash completion for rollcall; load it with: source <(rollcall completion bash)
_rollcall_agents() {
  local -a registry=()
  local named=' --registry[= ]+([^ ]+) '
  if [[ "\${COMP_LINE-}" =~ $named ]]; then registry=(--registry "\${BASH_REMATCH[1]}"); fi
  rollcall ${LIST_AGENTS} "\${registry[@]+"\${registry[@]}"}" 2>/dev/null | cut -f 2
}
_rollcall() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  local command="\${COMP_WORDS[1]-}" words='' options='' files='' agents='' at typed
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then command=''; fi
  # "--registry URL" may precede the command; bash splits the URL into several words.
  local first='^[^ ]+ +--registry[= ]+[^ ]+ +(.*)'
  if [[ "\${COMP_LINE-}" =~ $first ]]; then
    command="\${BASH_REMATCH[1]}"
    if [[ "$command" = *' '* ]]; then command="\${command%% *}"; else command=''; fi
  fi
  case "$command" in
    ${joined(programs, '|')})
      for ((at = 2; at < COMP_CWORD; at++)); do
        if [ "\${COMP_WORDS[at]}" = -- ]; then
          if [ "$at" -eq "$((COMP_CWORD - 1))" ]; then COMPREPLY=($(compgen -c -- "$word")); fi
          return
        fi
      done
      files=yes ;;
  esac
  # bash splits "--status=ready" into three words.
  if [ "$word" = = ]; then word=''
  elif [ "$before" = = ]; then before="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
  case "$command" in
    '') words='${joined(commands)}' options='${joined(options)}' ;;
${commands.map(wordsCase).join('\n')}
  esac
  case "$command:$before" in
${commands.flatMap(valueCases).join('\n')}
  esac
  case "$word" in
    -*) words="$words $options" agents='' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [ -n "$agents" ]; then
    # bash splits "team:a" into three words, and replaces the last.
    typed="\${COMP_LINE-}" typed="\${typed:0:\${COMP_POINT-0}}" typed="\${typed##* }"
    if [ "$word" = : ]; then word=''; fi
    COMPREPLY=($(compgen -W "$(_rollcall_agents)" -- "\${typed:-$word}"))
    COMPREPLY=("\${COMPREPLY[@]#"\${typed%"$word"}"}")
  fi
  # bash 3 has no compopt, and falls back to files.
  if [ -z "$files" ]; then compopt +o default 2>/dev/null; fi
}
complete -o default -F _rollcall rollcall
`
}

/** Generates the case for the words after a command. */
function wordsCase({ word, argument, options }: CommandWords): string {
  const choices = argument?.choices.length ? `words='${argument.choices.join(' ')}' ` : ''
  const agents = argument?.isAgent ? 'agents=yes ' : ''
  return `    ${word}) ${choices}${agents}options='${joined(options)}' ;;`
}

/**
 * Generates the cases for option values of a command; options with the same values share a line.
 */
function valueCases({ word: command, options }: CommandWords): string[] {
  const placesOf = new Map<string, string[]>()
  for (const { word, value } of options) {
    if (value === undefined) continue
    const files = value.name === 'file' ? 'yes' : "''"
    const offered = `words='${value.choices.join(' ')}' options='' agents='' files=${files}`
    placesOf.set(offered, [...(placesOf.get(offered) ?? []), `${command}:${word}`])
  }
  return [...placesOf].map(([offered, places]) => `    ${places.join('|')}) ${offered} ;;`)
}

function joined(words: readonly Word[], separator = ' '): string {
  return words.map(({ word }) => word).join(separator)
}
