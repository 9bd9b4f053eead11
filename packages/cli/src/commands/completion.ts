import { Argument, Command } from 'commander'
import { bashCompletion } from '../completion/bash-completion.ts'
import { type ProgramWords, programWords } from '../completion/command-words.ts'
import { fishCompletion } from '../completion/fish-completion.ts'
import { zshCompletion } from '../completion/zsh-completion.ts'
import { print } from '../output/terminal.ts'

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } satisfies Record<
  string,
  (words: ProgramWords) => string
>

/** `rollcall completion` prints a completion script for a shell. */
export function completionCommand(): Command {
  return new Command('completion')
    .description('Print a shell completion script.')
    .addArgument(new Argument('<shell>', 'The shell').choices(Object.keys(SHELLS)))
    .addHelpText(
      'after',
      `
Add the line for your shell to its startup file:
  bash (~/.bashrc)                    source <(rollcall completion bash)
  zsh (~/.zshrc, after compinit)      source <(rollcall completion zsh)
  fish (~/.config/fish/config.fish)   rollcall completion fish | source`,
    )
    .action(async (shell: keyof typeof SHELLS, _options: object, command: Command) => {
      const program = command.parent
      if (program === null) return
      const serve = program.commands.find((it) => it.name() === 'serve')
      if (serve) await addServeOptions(serve)
      await print(SHELLS[shell](programWords(program)))
    })
}

/** Adds the options of `serve`, which are those of the server; no other command loads it. */
async function addServeOptions(serve: Command): Promise<void> {
  const [{ completeServe }, { SETTINGS }] = await Promise.all([
    import('../serve/complete-serve.ts'),
    import('@rollcall/server'),
  ])
  completeServe(serve)
  // The server validates all settings at once, so they are not declared as choices for commander.
  for (const { flag, rule } of SETTINGS) {
    const option = serve.options.find((it) => it.long === `--${flag}`)
    if (option && rule.enum) option.argChoices = [...rule.enum]
  }
}
