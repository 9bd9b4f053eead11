import {
  type CommandWords,
  LIST_AGENTS,
  type OptionWord,
  type ProgramWords,
} from './command-words.ts'

/** Generates the fish script. */
export function fishCompletion({ options, commands }: ProgramWords): string {
  const lines = [
    ...options.map((it) => completion('__fish_use_subcommand', optionRule(it))),
    ...commands.flatMap(commandLines),
  ]
  return `# fish completion for rollcall; load it with: rollcall completion fish | source
# The command is the second word: option values can look like commands ("--name list").
function __rollcall_is
    set -l words (commandline -opc)
    test "$words[2]" = $argv[1]; and not contains -- -- $words
end
function __rollcall_runs
    set -l words (commandline -opc)
    test "$words[2]" = $argv[1]; and contains -- -- $words
end
function __rollcall_program
    set -l words (commandline -opc)
    set -l at (contains -i -- -- $words)
    complete -C (string join ' ' -- (string escape -- $words[(math $at + 1)..-1]) (commandline -ct))
end
function __rollcall_agents
    set -l words (commandline -opc)
    set -l registry
    set -l at (contains -i -- --registry $words); and set registry --registry $words[(math $at + 1)]
    rollcall ${LIST_AGENTS} $registry 2>/dev/null | cut -f 2
end
complete -c rollcall -f
${lines.join('\n')}
`
}

function commandLines(command: CommandWords): string[] {
  const { word, description, options, argument, runsProgram } = command
  const isCommand = `'__rollcall_is ${word}'`
  return [
    completion('__fish_use_subcommand', `-a ${word} -d ${quoted(description)}`),
    ...options.map((it) => completion(isCommand, optionRule(it))),
    ...(argument?.choices.length ? [completion(isCommand, wordsRule(argument.choices))] : []),
    ...(argument?.isAgent ? [completion(isCommand, "-a '(__rollcall_agents)'")] : []),
    ...(runsProgram
      ? [
          completion(isCommand, '-F'),
          completion(`'__rollcall_runs ${word}'`, "-a '(__rollcall_program)'"),
        ]
      : []),
  ]
}

function completion(condition: string, rule: string): string {
  return `complete -c rollcall -n ${condition} ${rule}`
}

function optionRule({ word, description, value }: OptionWord): string {
  const rule = `-l ${word.replace(/^-+/, '')} -d ${quoted(description)}`
  if (value === undefined) return rule
  if (value.name === 'file') return `${rule} -r -F`
  return value.choices.length > 0 ? `${rule} -x ${wordsRule(value.choices)}` : `${rule} -x`
}

function wordsRule(words: readonly string[]): string {
  return `-a ${quoted(words.join(' '))}`
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`
}
