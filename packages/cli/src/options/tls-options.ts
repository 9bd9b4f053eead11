import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'

/** The options, and the variables in which clients find their values. */
const FILES = {
  ca: {
    variable: 'ROLLCALL_CA_FILE',
    what: 'Authorities of the certificate of the registry (PEM)',
  },
  cert: { variable: 'ROLLCALL_CERT_FILE', what: 'Client certificate for the registry (PEM)' },
  key: { variable: 'ROLLCALL_KEY_FILE', what: 'Private key of the client certificate (PEM)' },
} as const

type Files = Partial<Record<keyof typeof FILES, string>>

/**
 * Adds `--ca`, `--cert` and `--key` to a command. Clients, also that of a program that the command runs, find the
 * files in the environment.
 */
export function addTlsOptions(command: Command): Command {
  for (const [name, { variable, what }] of Object.entries(FILES)) {
    command.option(`--${name} <file>`, `${what} (${variable})`)
  }
  return command.hook('preAction', (_program, action) => {
    const files = action.opts<Files>()
    for (const [name, { variable }] of Object.entries(FILES)) {
      const file = files[name as keyof Files]
      if (file !== undefined) process.env[variable] = resolve(file)
      const problem = problemWith(process.env[variable])
      const origin = file === undefined ? variable : `--${name}`
      if (problem !== undefined) action.error(`${origin}: ${problem}`)
    }
    const { ROLLCALL_CERT_FILE: cert, ROLLCALL_KEY_FILE: key } = process.env
    if (!cert !== !key) action.error('a client certificate needs both --cert and --key')
  })
}

/** Says why a file cannot be used, rather than that the registry cannot be reached. */
function problemWith(file: string | undefined): string | undefined {
  if (!file) return undefined
  try {
    readFileSync(file)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
