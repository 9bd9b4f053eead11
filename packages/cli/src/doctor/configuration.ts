import { readConfigFile } from '../config-file.ts'
import { type Finding, good, wrong } from './finding.ts'

/** Variables that the other commands and the client read. */
const CLIENT_VARIABLES = ['AGENT_ID', 'AGENT_HOST', 'AGENT_PORT']

/** Where the address of the registry was found, in words. */
const SOURCES: Readonly<Record<string, string>> = {
  cli: '--registry',
  env: 'REGISTRY_URL',
  config: 'the configuration file',
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
    checkConfigFile(environment),
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
function checkConfigFile(environment: NodeJS.ProcessEnv): Finding {
  const topic = 'config file'
  try {
    const { name, isNamed, values } = readConfigFile(environment)
    if (values === undefined) return good(topic, `no ${name} here; it is optional`)
    const origin = isNamed ? 'of ROLLCALL_CONFIG' : 'of this folder'
    return good(topic, `${name} ${origin} sets ${Object.keys(values).join(', ') || 'nothing'}`)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return wrong(topic, message, 'correct it; serve does not start with it')
  }
}
