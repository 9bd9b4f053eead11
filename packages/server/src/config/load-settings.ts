import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { misspelledVariables } from './environment-variables.ts'
import {
  HOSTS_RULE,
  isHostPattern,
  isOrigin,
  ORIGINS_RULE,
  parseListSetting,
} from './host-lists.ts'
import { isNetwork, NETWORKS_RULE } from './networks.ts'
import { isPublicUrl, NO_PUBLIC_URL, PUBLIC_URL_RULE } from './public-url.ts'
import { SETTINGS, type Setting, type Settings } from './settings.ts'

/** The configuration file that is read if it exists and no other is specified. */
export const DEFAULT_CONFIG_FILE = 'rollcall.config.json'

/** An additional key of the file: the registry that all commands except `serve` use. */
const REGISTRY_KEY = 'registry'

/** Reports all problems of the configuration at once. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  /** One sentence per problem. */
  readonly problems: readonly string[]

  /** @internal */
  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

/** The sources of settings, in order of precedence. */
export interface SettingSources {
  /** Flags by setting, as typed. */
  readonly flags?: Readonly<Partial<Record<keyof Settings, string>>> | undefined
  /** Default: the environment of this process. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
  /** A JSON file; default `rollcall.config.json` if it exists. */
  readonly file?: string | undefined
}

/**
 * Resolves the settings: flags take precedence over the environment, then the file, then defaults.
 * Nothing is coerced: a value that does not satisfy its rule is an error.
 *
 * @throws ConfigurationError that lists all problems
 */
export function loadSettings(sources: SettingSources = {}): Settings {
  const { flags = {}, environment = process.env } = sources
  const problems: string[] = []
  problems.push(...misspelledVariables(environment))
  const file = readConfigFile(sources.file ?? environment.ROLLCALL_CONFIG, problems)
  const settings: Record<string, unknown> = {}
  for (const setting of SETTINGS) {
    const { key, flag, variable, rule } = setting
    const variableText = environment[variable]
    let value: unknown = rule.default
    let origin = 'the default'
    if (flags[key] !== undefined) {
      value = fromText(flags[key], setting)
      origin = `--${flag}`
    } else if (variableText !== undefined && variableText !== '') {
      value = fromText(variableText, setting)
      origin = variable
    } else if (file.values[flag] !== undefined) {
      value = file.values[flag]
      origin = `"${flag}" in ${file.name}`
    }
    const problem = problemWith(value, setting)
    if (problem) problems.push(`${origin} ${problem}${serviceLinkHint(origin, value)}`)
    settings[key] = value
  }
  if (problems.length > 0) throw new ConfigurationError(problems)
  return settings as Settings
}

/** Kubernetes sets `ROLLCALL_PORT` to such a value if there is a service named `rollcall`. */
function serviceLinkHint(origin: string, value: unknown): string {
  const isServiceLink = origin === 'ROLLCALL_PORT' && /^tcp:\/\//.test(String(value))
  return isServiceLink
    ? '. Kubernetes sets it for a service named rollcall: override it, or set enableServiceLinks: false'
    : ''
}

interface ConfigFile {
  readonly name: string
  readonly values: Readonly<Record<string, unknown>>
}

function readConfigFile(named: string | undefined, problems: string[]): ConfigFile {
  const name = named ?? DEFAULT_CONFIG_FILE
  try {
    // Windows editors may start a file with a byte order mark, which the decoder strips.
    const values: unknown = JSON.parse(new TextDecoder().decode(readFileSync(name)))
    if (typeof values !== 'object' || values === null || Array.isArray(values)) {
      throw new Error('it must hold a JSON object')
    }
    const known = [...SETTINGS.map(({ flag }) => flag), REGISTRY_KEY]
    for (const key of Object.keys(values)) {
      if (!known.includes(key)) {
        problems.push(`"${key}" in ${name} is not a setting; known settings: ${known.join(', ')}`)
      }
    }
    return { name, values: values as Record<string, unknown> }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (named !== undefined || code !== 'ENOENT') {
      problems.push(`the configuration file ${name} cannot be read: ${message}`)
    }
    return { name, values: {} }
  }
}

/** Parses a flag or variable: a number must be written as a decimal, a switch as true or false. */
function fromText(text: string, { rule }: Setting): unknown {
  if (rule.type === 'string') return text
  if (rule.type === 'boolean') return ({ true: true, false: false } as const)[text] ?? text
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

/**
 * Validates a value of a setting outside of {@link loadSettings}. Returns the problem, worded to follow
 * the name of the setting, or undefined if the value is valid.
 */
export function settingProblem(key: keyof Settings, value: unknown): string | undefined {
  const setting = SETTINGS.find((it) => it.key === key)
  return setting && problemWith(value, setting)
}

/** The rules of the formats, as they follow the name of a setting. */
const FORMAT_RULES: Readonly<Record<string, string>> = {
  uri: PUBLIC_URL_RULE,
  hosts: HOSTS_RULE,
  origins: ORIGINS_RULE,
  networks: NETWORKS_RULE,
}

const ajv = new Ajv({
  formats: {
    uri: (value: string) => value === NO_PUBLIC_URL || isPublicUrl(value),
    hosts: (value: string) => parseListSetting(value).every(isHostPattern),
    origins: (value: string) => parseListSetting(value).every(isOrigin),
    networks: (value: string) => parseListSetting(value).every(isNetwork),
  },
  keywords: ['patternErrorMessage'],
})

function problemWith(value: unknown, { rule }: Setting): string | undefined {
  if (ajv.validate(rule, value)) return undefined
  const shown = JSON.stringify(value)
  switch (ajv.errors?.[0]?.keyword) {
    case 'enum':
      return `must be one of ${rule.enum?.join(', ')}, not ${shown}`
    case 'pattern':
      return `${rule.patternErrorMessage}, not ${shown}`
    case 'maxLength':
      return `must be at most ${rule.maxLength} characters, not ${String(value).length}: ${shown}`
    case 'format':
      return `${FORMAT_RULES[rule.format ?? '']}, not ${shown}`
  }
  if (rule.type === 'string') return `must be a string, not ${shown}`
  if (rule.type === 'boolean') return `must be true or false, not ${shown}`
  const kind = rule.type === 'integer' ? 'a whole number' : 'a number'
  return `must be ${kind} from ${rule.minimum} to ${rule.maximum}, not ${shown}`
}
