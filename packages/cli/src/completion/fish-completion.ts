import type { CommandWords } from './command-words.ts'

/** A script for fish. */
export function fishCompletion(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap(({ word, description, options }) => [
    `complete -c rollcall -n __fish_use_subcommand -f -a ${word} -d ${quoted(description)}`,
    ...options.map(
      (option) =>
        `complete -c rollcall -n '__fish_seen_subcommand_from ${word}' ` +
        `-l ${option.word.replace(/^-+/, '')}${option.takesValue ? ' -r' : ''} ` +
        `-d ${quoted(option.description)}`,
    ),
  ])
  return `# fish completion of rollcall; load it with: rollcall completion fish | source
${lines.join('\n')}
`
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`
}
