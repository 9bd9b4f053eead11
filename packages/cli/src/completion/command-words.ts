import type { Command } from 'commander'

/** A word that can be typed, and what it does. */
export interface Word {
  readonly word: string
  readonly description: string
}

/** An option of a command. */
export interface OptionWord extends Word {
  /** A value has to follow. */
  readonly takesValue: boolean
}

/** A command and all that can be typed after it. */
export interface CommandWords extends Word {
  readonly options: readonly OptionWord[]
}

/** Everything that can be typed after `rollcall`, as the program itself knows it. */
export function commandWords(program: Command): CommandWords[] {
  return program.commands.map((command) => ({
    word: command.name(),
    description: firstSentence(command.description()),
    options: command
      .createHelp()
      .visibleOptions(command)
      .map((option) => ({
        word: option.long ?? option.short ?? '',
        description: firstSentence(option.description),
        takesValue: option.required,
      })),
  }))
}

/** Shells show a word and its description on one line. */
function firstSentence(text: string): string {
  return text.split(/[.;(]\s|\s\(|\n/)[0]?.replace(/\.$/, '') ?? ''
}
