import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'

const VARIABLE = 'ROLLCALL_TOKEN_FILE'

/**
 * Adds `--token-file` to a command. Clients, also that of a program that the command runs, find the file in the
 * environment, and read it for each request. There is no option for the token itself: every user of a machine can
 * see the arguments of its processes.
 */
export function addTokenFileOption(command: Command): Command {
  return command
    .option('--token-file <file>', `File with a token for the registry (${VARIABLE})`)
    .hook('preAction', (_program, action) => {
      const { tokenFile } = action.opts<{ tokenFile?: string }>()
      if (tokenFile !== undefined) {
        process.env[VARIABLE] = resolve(tokenFile)
        // It would come before the file.
        delete process.env.ROLLCALL_TOKEN
      }
      const problem = process.env.ROLLCALL_TOKEN ? undefined : problemWith(process.env[VARIABLE])
      const origin = tokenFile === undefined ? VARIABLE : '--token-file'
      if (problem !== undefined) action.error(`${origin}: ${problem}`)
    })
}

/** Says why a file cannot be used, rather than that the registry cannot be reached. */
function problemWith(file: string | undefined): string | undefined {
  if (!file) return undefined
  try {
    return readFileSync(file, 'utf8').trim() === '' ? `${file} is empty` : undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
