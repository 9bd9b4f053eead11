import { readFileSync } from 'node:fs'
import { type Finding, good, wrong } from './finding.ts'

/** Variables that the other commands and the client read. */
const CLIENT_VARIABLES = ['AGENT_ID', 'AGENT_HOST', 'AGENT_PORT']
/** Where `rollcall serve` looks for its settings when it is told nothing else. */
const CONFIG_FILE = 'rollcall.config.json'

/** Where the address of the registry was found, in words. */
const SOURCES: Readonly<Record<string, string>> = {
  cli: '--registry',
  env: 'REGISTRY_URL',
  default: 'the default',
}

/**
 * What is configured, and where it comes from.
 *
 * @param source of the address, as commander names it
 */
export function checkConfiguration(
  registryUrl: string,
  source: string | undefined,
  environment: NodeJS.ProcessEnv,
): Finding[] {
  return [
    good('registry', `${registryUrl}, from ${SOURCES[source ?? 'default'] ?? source}`),
    checkVariables(environment),
    checkConfigFile(environment.ROLLCALL_CONFIG),
  ]
}

function checkVariables(environment: NodeJS.ProcessEnv): Finding {
  const names = Object.keys(environment).filter(
    (name) => name.startsWith('ROLLCALL_') || CLIENT_VARIABLES.includes(name),
  )
  const port = environment.AGENT_PORT
  if (port && !(/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535)) {
    return wrong(
      'environment',
      `AGENT_PORT is "${port}"`,
      'set it to a whole number from 1 to 65535, or unset it',
    )
  }
  // Names alone: a storage URL may hold a password.
  return good('environment', names.length > 0 ? `sets ${names.sort().join(', ')}` : 'sets nothing')
}

/** Its values are for `serve` to judge, which lists all that is wrong with them at its start. */
function checkConfigFile(named: string | undefined): Finding {
  const topic = 'config file'
  const file = named || CONFIG_FILE
  const origin = named ? 'of ROLLCALL_CONFIG' : 'of this folder'
  try {
    const values: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof values !== 'object' || values === null || Array.isArray(values)) {
      return wrong(topic, `${file} holds no JSON object`, 'write it as {"port": 9000, …}')
    }
    return good(topic, `${file} ${origin} sets ${Object.keys(values).join(', ') || 'nothing'}`)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && !named) return good(topic, `no ${CONFIG_FILE} here; it is optional`)
    const why = code === 'ENOENT' ? 'is not there' : `cannot be read: ${message}`
    return wrong(topic, `${file} ${origin} ${why}`, 'correct it; serve does not start with it')
  }
}
