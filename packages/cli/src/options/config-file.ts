import { readFileSync } from 'node:fs'

/** The file that is read if it exists and no other is configured. */
const DEFAULT_FILE = 'rollcall.config.json'

/** The part of the configuration file that is not only for `serve`. */
export interface ConfigFile {
  readonly name: string
  /** Whether ROLLCALL_CONFIG names the file; otherwise it is the one in the working directory. */
  readonly isNamed: boolean
  /** Undefined if the file does not exist and is optional. */
  readonly values: Readonly<Record<string, unknown>> | undefined
}

/** @throws Error that describes what is wrong with the file */
export function readConfigFile(environment: NodeJS.ProcessEnv): ConfigFile {
  const named = environment.ROLLCALL_CONFIG
  const name = named || DEFAULT_FILE
  const file = { name, isNamed: Boolean(named) }
  const values = parse(name, file.isNamed)
  if (values === undefined) return { ...file, values }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw new Error(`the configuration file ${name} is not a JSON object`)
  }
  return { ...file, values: values as Record<string, unknown> }
}

function parse(name: string, isNamed: boolean): unknown {
  try {
    // Editors on Windows may add a byte order mark, which the decoder removes.
    return JSON.parse(new TextDecoder().decode(readFileSync(name)))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && !isNamed) return undefined
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read: ${message}`
    throw new Error(`the configuration file ${name} ${why}`)
  }
}
