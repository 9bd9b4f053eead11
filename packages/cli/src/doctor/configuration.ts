import { withoutPassword } from '@rollcall/protocol'
import { readConfigFile } from '../options/config-file.ts'
import { type Finding, good, odd, wrong } from './finding.ts'

/** Variables that the other commands and the client read. */
const CLIENT_VARIABLES = ['AGENT_ID', 'AGENT_HOST', 'AGENT_PORT']

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
export async function checkConfiguration(
  registryUrl: string,
  source: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<Finding[]> {
  return [
    good(
      'registry',
      `${withoutPassword(registryUrl)}, from ${SOURCES[source ?? 'default'] ?? source}`,
    ),
    await checkVariables(environment),
    checkConfigFile(environment),
  ]
}

async function checkVariables(environment: NodeJS.ProcessEnv): Promise<Finding> {
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
  const { misspelledVariables, unknownVariables } = await import('@rollcall/server')
  const misspelled = misspelledVariables(environment)
  if (misspelled.length > 0) {
    const advice = 'correct its name; serve does not start with it'
    return wrong('environment', misspelled.join(' '), advice)
  }
  const unknown = unknownVariables(environment)
  if (unknown.length > 0) {
    const message = `${unknown.join(', ')}: no setting of serve, which ignores it`
    return odd('environment', message, 'unset it, unless another program reads it')
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
