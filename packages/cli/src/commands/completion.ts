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

/** `rollcall completion`: teaches a shell the commands and their options. */
export function completionCommand(): Command {
  return new Command('completion')
    .description('Print a script that teaches a shell to complete rollcall.')
    .addArgument(new Argument('<shell>', 'which one').choices(Object.keys(SHELLS)))
    .addHelpText(
      'after',
      `
Add the line of your shell to its start-up file:
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

/** The options of `serve` are those of the server, which no other command loads. */
async function addServeOptions(serve: Command): Promise<void> {
  const [{ completeServe }, { SETTINGS }] = await Promise.all([
    import('../serve/complete-serve.ts'),
    import('@rollcall/server'),
  ])
  completeServe(serve)
  // The server checks its settings itself, all at once, so commander knows no choices of them.
  for (const { flag, rule } of SETTINGS) {
    const option = serve.options.find((it) => it.long === `--${flag}`)
    if (option && rule.enum) option.argChoices = [...rule.enum]
  }
}
