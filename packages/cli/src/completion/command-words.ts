import type { Argument, Command, Option } from 'commander'

/** A word to complete, with its description. */
export interface Word {
  readonly word: string
  readonly description: string
}

/** A value to complete: of an option, or as an argument. */
export interface ValueWords {
  /** Placeholder, such as `seconds` or `id`; `file` stands for a file name. */
  readonly name: string
  /** Allowed values; empty if any value is allowed. */
  readonly choices: readonly string[]
  /** Whether it is an agent id, which the registry can list. */
  readonly isAgent: boolean
}

/** An option of a command. */
export interface OptionWord extends Word {
  /** The value of the option; undefined if it takes none. */
  readonly value: ValueWords | undefined
}

/** A command with its options and argument. */
export interface CommandWords extends Word {
  readonly options: readonly OptionWord[]
  /** Undefined if the command takes no argument. */
  readonly argument: ValueWords | undefined
  /** Whether its arguments are another command line. */
  readonly runsProgram: boolean
}

/** The options and commands of `rollcall`. */
export interface ProgramWords {
  readonly options: readonly OptionWord[]
  readonly commands: readonly CommandWords[]
}

/**
 * The command that completion scripts run to list agent ids: it takes at most a second, and scripts
 * discard its errors.
 */
export const LIST_AGENTS = 'list --include-dead --limit 1000 --timeout 1'

/** Collects the words from the program itself. */
export function programWords(program: Command): ProgramWords {
  return {
    options: optionWords(program),
    commands: program
      .createHelp()
      .visibleCommands(program)
      .map((command) => ({
        word: command.name(),
        description: firstSentence(command.description()),
        options: optionWords(command),
        argument: argumentWords(program, command),
        runsProgram: command.registeredArguments.some((argument) => argument.name() === 'args'),
      })),
  }
}

function optionWords(command: Command): OptionWord[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map((option) => ({
      word: option.long ?? option.short ?? '',
      description: firstSentence(option.description),
      value: option.required
        ? { name: valueName(option), choices: choicesOf(option), isAgent: false }
        : undefined,
    }))
}

function argumentWords(program: Command, command: Command): ValueWords | undefined {
  const [argument] = command.registeredArguments
  if (argument === undefined) return undefined
  // The help command is not in this list: commander adds it, and its argument is any command.
  const isHelp = !program.commands.includes(command)
  const choices = isHelp ? program.commands.map((it) => it.name()) : choicesOf(argument)
  const name = argument.name()
  return { name, choices, isAgent: name === 'id' }
}

function choicesOf(place: Option | Argument): readonly string[] {
  return place.argChoices ?? []
}

/** Returns `seconds` for `--timeout <seconds>`. */
function valueName({ flags }: Option): string {
  return /<(.+)>/.exec(flags)?.[1] ?? 'value'
}

/** Shortens a description: shells show it on one line with the word. */
function firstSentence(text: string): string {
  return text.split(/[.;(]\s|\s\(|\n/)[0]?.replace(/\.$/, '') ?? ''
}
