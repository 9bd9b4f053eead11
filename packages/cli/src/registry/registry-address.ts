import { DiscoveryClient } from '@rollcall/client'
import { bracketedHost, withoutPassword } from '@rollcall/protocol'
import { type ConfigFile, readConfigFile } from '../options/config-file.ts'

/** A registry address that comes from neither an option nor `REGISTRY_URL`. */
export interface FoundAddress {
  readonly url: string
  /** Human-readable source, for `rollcall doctor`. */
  readonly origin: string
}

const ADDRESS_RULE = 'must begin with http:// or https://'
const DEFAULT_PORT = 9000

/**
 * Listen addresses that include the loopback interface; a local client uses `localhost` instead.
 */
const LOCAL_LISTEN_HOSTS = ['0.0.0.0', '::', '127.0.0.1', '']

/** Returns the URL of a registry for display, without a password. */
export function displayUrl({ registryUrl }: DiscoveryClient): string {
  return withoutPassword(registryUrl)
}

/**
 * Validates one URL or a comma-separated list, as the client accepts it.
 *
 * @throws Error with the requirement for a valid URL
 */
export function toAddress(text: string): string {
  try {
    return new DiscoveryClient({ registryUrl: text, logger: null }).registryUrl
  } catch {
    throw new Error(ADDRESS_RULE)
  }
}

/**
 * Finds the registry that a `rollcall serve` in this folder would run: from `registry` in the
 * configuration file, else from the host and port that `serve` reads from the environment or that
 * file. Returns undefined if none of them is set.
 *
 * @throws Error that describes the invalid setting
 */
export function configuredAddress(environment: NodeJS.ProcessEnv): FoundAddress | undefined {
  const file = readConfigFile(environment)
  const named = file.values?.registry
  if (named !== undefined)
    return { url: registryIn(file, named), origin: `"registry" in ${file.name}` }
  const host = settingOf('host', { environment, file })
  const port = settingOf('port', { environment, file })
  const given = [host, port].filter((setting) => setting !== undefined)
  // Port 0 means any free port, which is unknown before the server runs.
  if (given.length === 0 || Number(port?.value) === 0) return undefined
  const isTls = (settingOf('tls-cert', { environment, file })?.value ?? 'none') !== 'none'
  const url = `${isTls ? 'https' : 'http'}://${hostIn(host?.value)}:${portIn(port)}`
  if (!URL.canParse(url)) throw new Error(`${host?.origin} is not a valid address: ${host?.value}`)
  return { url, origin: given.map(({ origin }) => origin).join(' and ') }
}

interface FoundSetting {
  readonly value: unknown
  readonly origin: string
}

/** Looks a setting up like the server does, except for its flags. */
function settingOf(
  name: 'host' | 'port' | 'tls-cert',
  { environment, file }: { environment: NodeJS.ProcessEnv; file: ConfigFile },
): FoundSetting | undefined {
  const variable = `ROLLCALL_${name.replace('-', '_').toUpperCase()}`
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
  if (LOCAL_LISTEN_HOSTS.includes(host)) return 'localhost'
  return bracketedHost(host)
}

function portIn(port: FoundSetting | undefined): number {
  if (port === undefined) return DEFAULT_PORT
  const { value, origin } = port
  const text = String(value)
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new Error(`${origin} must be a whole number from 0 to 65535, not "${text}"`)
}
