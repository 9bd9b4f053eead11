import type { Argument, Command, Option } from 'commander'

/** A word that can be typed, and what it does. */
export interface Word {
  readonly word: string
  readonly description: string
}

/** What has to be typed in one place: after an option, or as an argument. */
export interface ValueWords {
  /** What it is, such as `seconds` or `id`; `file`: the name of a file. */
  readonly name: string
  /** All that it can be; empty: anything. */
  readonly choices: readonly string[]
  /** The id of an agent: the registry knows which there are. */
  readonly isAgent: boolean
}

/** An option of a command. */
export interface OptionWord extends Word {
  /** What has to follow; undefined: nothing. */
  readonly value: ValueWords | undefined
}

/** A command and all that can be typed after it. */
export interface CommandWords extends Word {
  readonly options: readonly OptionWord[]
  /** Undefined: it takes none. */
  readonly argument: ValueWords | undefined
  /** Its arguments are a command line of their own. */
  readonly runsProgram: boolean
}

/** All that can be typed after `rollcall`. */
export interface ProgramWords {
  readonly options: readonly OptionWord[]
  readonly commands: readonly CommandWords[]
}

/**
 * What a shell runs to learn the ids of agents, one a line: it waits a second at the most, and says
 * nothing when there is no registry.
 */
export const LIST_AGENTS = 'list --include-dead --limit 1000 --timeout 1'

/** Reads what can be typed after `rollcall` from the program itself. */
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
  // The help command is none of these: commander adds it by itself, and it takes any of them.
  const isHelp = !program.commands.includes(command)
  const choices = isHelp ? program.commands.map((it) => it.name()) : choicesOf(argument)
  const name = argument.name()
  return { name, choices, isAgent: name === 'id' }
}

function choicesOf(place: Option | Argument): readonly string[] {
  return place.argChoices ?? []
}

/** `seconds` of `--timeout <seconds>`. */
function valueName({ flags }: Option): string {
  return /<(.+)>/.exec(flags)?.[1] ?? 'value'
}

/** Shells show a word and its description on one line. */
function firstSentence(text: string): string {
  return text.split(/[.;(]\s|\s\(|\n/)[0]?.replace(/\.$/, '') ?? ''
}
