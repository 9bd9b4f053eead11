import { readFileSync } from 'node:fs'

/** The file that is read when it is there and no other is named. */
const DEFAULT_FILE = 'rollcall.config.json'

/** The configuration file, as far as it is not for `serve` alone. */
export interface ConfigFile {
  readonly name: string
  /** Whether ROLLCALL_CONFIG names it; otherwise it is that of the working directory. */
  readonly isNamed: boolean
  /** Undefined: there is none, and there need not be one. */
  readonly values: Readonly<Record<string, unknown>> | undefined
}

/** @throws Error that says in words what is wrong with the file */
export function readConfigFile(environment: NodeJS.ProcessEnv): ConfigFile {
  const named = environment.ROLLCALL_CONFIG
  const name = named || DEFAULT_FILE
  const file = { name, isNamed: Boolean(named) }
  const values = parse(name, file.isNamed)
  if (values === undefined) return { ...file, values }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw new Error(`the configuration file ${name} holds no JSON object`)
  }
  return { ...file, values: values as Record<string, unknown> }
}

function parse(name: string, isNamed: boolean): unknown {
  try {
    // Editors of Windows begin a file with a byte order mark, which the decoder leaves out.
    return JSON.parse(new TextDecoder().decode(readFileSync(name)))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && !isNamed) return undefined
    const why = code === 'ENOENT' ? 'is not there' : `cannot be read: ${message}`
    throw new Error(`the configuration file ${name} ${why}`)
  }
}
