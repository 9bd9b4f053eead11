import {
  type CommandWords,
  LIST_AGENTS,
  type OptionWord,
  type ProgramWords,
  type ValueWords,
  type Word,
} from './command-words.ts'

/** A script for zsh. */
export function zshCompletion({ options, commands }: ProgramWords): string {
  return `#compdef rollcall
# zsh completion of rollcall; load it with: source <(rollcall completion zsh)
_rollcall_agents() {
  local -a registry agents
  local at=\${words[(I)--registry]}
  if (( at > 0 )); then registry=(--registry "\${words[at + 1]}"); fi
  agents=(\${(f)"$(_call_program agents rollcall ${LIST_AGENTS} $registry 2>/dev/null | cut -f 2)"})
  compadd -a agents
}
_rollcall() {
  # "--registry URL" may stand before the command: as if it stood behind it.
  if (( CURRENT > 3 )) && [[ "\${words[2]}" == --registry ]]; then
    if (( CURRENT == 4 )); then words=("\${words[1]}" "\${words[4]}"); CURRENT=2
    else words=("\${words[1]}" "\${words[4]}" --registry "\${words[3]}" "\${words[5,-1][@]}"); fi
  fi
  # Not "commands": zsh finds programs in a variable of that name.
  local -a subcommands=(${commands.map(described).join(' ')})
  if (( CURRENT == 2 )); then
    if [[ "$PREFIX" == -* ]]; then
      _arguments ${options.map(optionSpec).join(' ')}
    else
      _describe command subcommands
    fi
    return
  fi
  shift words
  (( CURRENT-- ))
  case "\${words[1]}" in
${commands.map(commandCase).join('\n')}
  esac
}
# As a file "_rollcall" in $fpath, all of this is itself the body of the function.
if [[ "\${funcstack[1]}" == _rollcall ]]; then _rollcall "$@"; else compdef _rollcall rollcall; fi
`
}

function described({ word, description }: Word): string {
  return quoted(`${word}:${description.replaceAll(/[\\:]/g, '\\$&')}`)
}

function commandCase({ word, options, argument, runsProgram }: CommandWords): string {
  const specs = options.map(optionSpec)
  if (argument && !runsProgram) specs.push(quoted(argumentSpec(argument)))
  // No options of ours after the program, nor after the "--" before it.
  const line = runsProgram
    ? `-S -A '-*' ${specs.join(' ')} '(-):program:_command_names -e' '*::argument:_normal'`
    : specs.join(' ')
  return `    ${word}) _arguments ${line} ;;`
}

/** With a value, both as `--sort load` and as `--sort=load`. */
function optionSpec({ word, description, value }: OptionWord): string {
  const text = description.replaceAll(/[[\]\\:]/g, '\\$&')
  return quoted(`*${word}${value ? '=' : ''}[${text}]${value ? valueSpec(value) : ''}`)
}

function argumentSpec(argument: ValueWords): string {
  const { name, choices } = argument
  if (choices.length > 0) return valueSpec(argument)
  if (argument.isAgent) return `*:${name}:{[[ "$PREFIX" == -* ]] || _rollcall_agents}`
  // A message would keep zsh from inserting the option that is begun.
  return `:${name}:{[[ "$PREFIX" == -* ]] || _message ${name}}`
}

function valueSpec({ name, choices }: ValueWords): string {
  if (choices.length > 0) return `:${name}:(${choices.join(' ')})`
  // A blank: zsh says what is to be typed, and completes nothing.
  return `:${name}:${name === 'file' ? '_files' : ' '}`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
