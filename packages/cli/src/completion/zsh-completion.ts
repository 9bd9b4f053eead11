import {
  type CommandWords,
  LIST_AGENTS,
  type OptionWord,
  type ProgramWords,
  type ValueWords,
  type Word,
} from './command-words.ts'

/** Generates the zsh script. */
export function zshCompletion({ options, commands }: ProgramWords): string {
  return `#compdef rollcall
# zsh completion for rollcall; load it with: source <(rollcall completion zsh)
_rollcall_agents() {
  local -a registry agents
  local at=\${words[(I)--registry]}
  if (( at > 0 )); then registry=(--registry "\${words[at + 1]}"); fi
  agents=(\${(f)"$(_call_program agents rollcall ${LIST_AGENTS} $registry 2>/dev/null | cut -f 2)"})
  compadd -a agents
}
_rollcall() {
  # "--registry URL" may precede the command: move it after the command.
  if (( CURRENT > 3 )) && [[ "\${words[2]}" == --registry ]]; then
    if (( CURRENT == 4 )); then words=("\${words[1]}" "\${words[4]}"); CURRENT=2
    else words=("\${words[1]}" "\${words[4]}" --registry "\${words[3]}" "\${words[5,-1][@]}"); fi
  fi
  # Not "commands": zsh uses that name for its table of programs.
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
# In a file "_rollcall" in $fpath, this script is itself the function body.
if [[ "\${funcstack[1]}" == _rollcall ]]; then _rollcall "$@"; else compdef _rollcall rollcall; fi
`
}

function described({ word, description }: Word): string {
  return quoted(`${word}:${description.replaceAll(/[\\:]/g, '\\$&')}`)
}

function commandCase({ word, options, argument, runsProgram }: CommandWords): string {
  const specs = options.map(optionSpec)
  if (argument && !runsProgram) specs.push(quoted(argumentSpec(argument)))
  // Options of rollcall are not completed after the program or after "--".
  const line = runsProgram
    ? `-S -A '-*' ${specs.join(' ')} '(-):program:_command_names -e' '*::argument:_normal'`
    : specs.join(' ')
  return `    ${word}) _arguments ${line} ;;`
}

/** An option with a value accepts both `--sort load` and `--sort=load`. */
function optionSpec({ word, description, value }: OptionWord): string {
  const text = description.replaceAll(/[[\]\\:]/g, '\\$&')
  return quoted(`*${word}${value ? '=' : ''}[${text}]${value ? valueSpec(value) : ''}`)
}

function argumentSpec(argument: ValueWords): string {
  const { name, choices } = argument
  if (choices.length > 0) return valueSpec(argument)
  if (argument.isAgent) return `*:${name}:{[[ "$PREFIX" == -* ]] || _rollcall_agents}`
  // A message would keep zsh from completing an option.
  return `:${name}:{[[ "$PREFIX" == -* ]] || _message ${name}}`
}

function valueSpec({ name, choices }: ValueWords): string {
  if (choices.length > 0) return `:${name}:(${choices.join(' ')})`
  // A space makes zsh show the placeholder and complete nothing.
  return `:${name}:${name === 'file' ? '_files' : ' '}`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
