import type { CommandWords, OptionWord, Word } from './command-words.ts'

/** A script for zsh. */
export function zshCompletion(commands: readonly CommandWords[]): string {
  const cases = commands.map(
    ({ word, options }) =>
      `    ${word}) _arguments ${options.map(argument).join(' ')} '*:file:_files' ;;`,
  )
  return `#compdef rollcall
# zsh completion of rollcall; load it with: source <(rollcall completion zsh)
_rollcall() {
  local -a commands=(${commands.map(described).join(' ')})
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case "\${words[1]}" in
${cases.join('\n')}
  esac
}
compdef _rollcall rollcall
`
}

function described({ word, description }: Word): string {
  return quoted(`${word}:${description.replaceAll(/[\\:]/g, '\\$&')}`)
}

function argument({ word, description, takesValue }: OptionWord): string {
  const text = description.replaceAll(/[[\]\\:]/g, '\\$&')
  return quoted(`*${word}[${text}]${takesValue ? ':value:_files' : ''}`)
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
