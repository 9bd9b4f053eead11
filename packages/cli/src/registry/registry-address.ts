import { DiscoveryClient } from '@rollcall/client'
import { withoutPassword } from '@rollcall/protocol'
import { type ConfigFile, readConfigFile } from '../options/config-file.ts'

/** Where the address of the registry was found, when no option and no variable named it. */
export interface FoundAddress {
  readonly url: string
  /** In words, for `rollcall doctor`. */
  readonly origin: string
}

const ADDRESS_RULE = 'must begin with http:// or https://'
const DEFAULT_PORT = 9000

/** Addresses on which a server accepts every interface; a client on this machine uses another. */
const EVERY_INTERFACE = ['0.0.0.0', '::', '127.0.0.1', '']

/**
 * One address, or several with commas between them, as the client takes them.
 *
 * @throws Error that says what an address must be
 */
export function toAddress(text: string): string {
  try {
    return new DiscoveryClient({ registryUrl: text, logger: null }).registryUrl
  } catch {
    throw new Error(ADDRESS_RULE)
  }
}

/**
 * Finds the registry as a `rollcall serve` in this folder would be found: by `registry` in the
 * configuration file, else by the host and the port that `serve` takes from the environment or from
 * that file. Undefined: neither says anything.
 *
 * @throws Error that says what is wrong with them
 */
export function configuredAddress(environment: NodeJS.ProcessEnv): FoundAddress | undefined {
  const file = readConfigFile(environment)
  const named = file.values?.registry
  if (named !== undefined)
    return { url: registryIn(file, named), origin: `"registry" in ${file.name}` }
  const host = settingOf('host', { environment, file })
  const port = settingOf('port', { environment, file })
  const given = [host, port].filter((setting) => setting !== undefined)
  // 0 stands for a port that is not known before the server runs.
  if (given.length === 0 || Number(port?.value) === 0) return undefined
  const url = `http://${hostIn(host?.value)}:${portIn(port)}`
  if (!URL.canParse(url)) throw new Error(`${host?.origin} is no address: ${host?.value}`)
  return { url, origin: given.map(({ origin }) => origin).join(' and ') }
}

interface FoundSetting {
  readonly value: unknown
  readonly origin: string
}

/** As the server finds it, but for its own flags. */
function settingOf(
  name: 'host' | 'port',
  { environment, file }: { environment: NodeJS.ProcessEnv; file: ConfigFile },
): FoundSetting | undefined {
  const variable = `ROLLCALL_${name.toUpperCase()}`
  const text = environment[variable]
  if (text) return { value: text, origin: variable }
  const value = file.values?.[name]
  return value === undefined ? undefined : { value, origin: `"${name}" in ${file.name}` }
}

function registryIn(file: ConfigFile, value: unknown): string {
  const url = String(value)
  try {
    return toAddress(url)
  } catch {
    throw new Error(`"registry" in ${file.name} ${ADDRESS_RULE}, not ${withoutPassword(url)}`)
  }
}

function hostIn(value: unknown = ''): string {
  const host = String(value)
  if (EVERY_INTERFACE.includes(host)) return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

function portIn(port: FoundSetting | undefined): number {
  if (port === undefined) return DEFAULT_PORT
  const { value, origin } = port
  const text = String(value)
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new Error(`${origin} must be a whole number from 0 to 65535, not "${text}"`)
}
