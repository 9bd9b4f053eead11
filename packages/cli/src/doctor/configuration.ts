import { withoutPassword } from '@rollcall/protocol'
import { readConfigFile } from '../options/config-file.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/** Environment variables of the other commands and the client. */
const CLIENT_VARIABLES = ['AGENT_ID', 'AGENT_INSTANCE_ID', 'AGENT_HOST', 'AGENT_PORT']

/** Sources of the registry URL, as commander names them, in human-readable form. */
const SOURCES: Readonly<Record<string, string>> = {
  cli: '--registry',
  env: 'REGISTRY_URL',
  default: 'the default',
}

/**
 * Checks the configuration and reports its sources.
 *
 * @param source source of the registry URL, as commander names it
 */
export async function checkConfiguration(
  registryUrl: string,
  source: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<Finding[]> {
  return [
    ok(
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
    return fail(
      'environment',
      `AGENT_PORT is "${port}"`,
      'set it to a whole number from 1 to 65535, or unset it',
    )
  }
  const { misspelledVariables, unknownVariables } = await import('@rollcall/server')
  const misspelled = misspelledVariables(environment)
  if (misspelled.length > 0) {
    const advice = 'correct the name; serve refuses to start with it'
    return fail('environment', misspelled.join(' '), advice)
  }
  const unknown = unknownVariables(environment)
  if (unknown.length > 0) {
    const message = `${unknown.join(', ')}: not a setting of serve, ignored`
    return warn('environment', message, 'unset it, unless another program reads it')
  }
  // Only names are printed: a storage URL may contain a password.
  return ok('environment', names.length > 0 ? `sets ${names.sort().join(', ')}` : 'sets nothing')
}

/** Checks only the syntax: `serve` validates the values at startup and reports all errors. */
function checkConfigFile(environment: NodeJS.ProcessEnv): Finding {
  const topic = 'config file'
  try {
    const { name, isNamed, values } = readConfigFile(environment)
    if (values === undefined) return ok(topic, `no ${name} here; it is optional`)
    const origin = isNamed ? '(from ROLLCALL_CONFIG)' : '(in this folder)'
    return ok(topic, `${name} ${origin} sets ${Object.keys(values).join(', ') || 'nothing'}`)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return fail(topic, message, 'correct it; serve refuses to start with it')
  }
}
