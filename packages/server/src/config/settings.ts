import {
  boolean,
  integer,
  number,
  object,
  oneOf,
  type Static,
  text,
} from '@rollcall/protocol/json-schema'
import { CALLER_LIMITS } from '../limits/caller-limits.ts'
import { DEFAULTS } from '../limits/defaults.ts'
import { CATALOG_SETTINGS } from './catalog-settings.ts'
import { NONE } from './host-lists.ts'
import { IDENTITY_SETTINGS } from './identity-settings.ts'
import { NO_PUBLIC_URL } from './public-url.ts'
import { WEBHOOK_SETTINGS } from './webhook-settings.ts'

/**
 * Maximum characters of a PostgreSQL schema name. PostgreSQL truncates names to 63 bytes, and the name
 * of the notification channel appends `.transitions`.
 */
const MAX_SCHEMA_CHARACTERS = 51

/** The value of the setting for no token file. */
export const NO_TOKEN_FILE = 'none'

/** The value of the setting for no audit log. */
export const NO_AUDIT_LOG = 'none'

/** The value of the setting for no scheduled backups. */
export const NO_BACKUPS = 'none'

/**
 * Every setting of the server: the single source of its flag, its variable, its key in the
 * configuration file, its rule, its default and its line in `--help` and on the reference page.
 */
export const Settings = object(
  {
    host: text({
      minLength: 1,
      default: '127.0.0.1',
      description: 'Address to listen on; 0.0.0.0 for every interface',
    }),
    port: integer({
      minimum: 0,
      maximum: 65_535,
      default: 9000,
      description: 'Port to listen on; 0 for any free port',
    }),
    publicUrl: text({
      minLength: 1,
      format: 'uri',
      default: NO_PUBLIC_URL,
      description: 'URL of the registry behind a proxy, such as https://agents.example/registry',
    }),
    allowedHosts: text({
      minLength: 1,
      format: 'hosts',
      default: NONE,
      description:
        'Names of the registry in URLs, besides addresses, localhost and the public URL: ' +
        'agents.example,*.agents.example; * for any',
    }),
    corsOrigin: text({
      minLength: 1,
      format: 'origins',
      default: NONE,
      description: 'Origins whose pages may use the registry: https://app.example',
    }),
    cardKeyOrigins: text({
      minLength: 1,
      format: 'origins',
      default: NONE,
      description:
        'Origins from which keys for the signatures of cards may be read: https://keys.example',
    }),
    noDashboard: boolean({
      default: false,
      description: 'Serve no dashboard at /',
    }),
    noMcp: boolean({
      default: false,
      description: 'Serve no Model Context Protocol at /mcp',
    }),
    ...CATALOG_SETTINGS,
    ...WEBHOOK_SETTINGS,
    tokenFile: text({
      minLength: 1,
      default: NO_TOKEN_FILE,
      description: 'File with tokens of callers, read again when it changes',
    }),
    anonymous: oneOf(['auto', 'none', 'read'], {
      default: 'auto',
      description:
        'What callers without a token may do; auto: everything until there are tokens, then read on loopback ' +
        'unless a token sees only some agents, none elsewhere',
    }),
    ...IDENTITY_SETTINGS,
    auditLog: text({
      minLength: 1,
      default: NO_AUDIT_LOG,
      description:
        'File to which a line is appended for every change and every refusal; -: the log',
    }),
    insecure: boolean({
      default: false,
      description: 'Listen on other addresses than loopback without access control',
    }),
    db: text({
      minLength: 1,
      default: 'sqlite:///rollcall.db',
      description:
        'URL of the store: memory:, sqlite:///relative.db, sqlite:////absolute.db, ' +
        'postgres://user@host/database',
    }),
    dbSchema: text({
      minLength: 1,
      maxLength: MAX_SCHEMA_CHARACTERS,
      pattern: '^[a-z_][a-z0-9_]*$',
      patternErrorMessage: 'must be lowercase letters, digits and _, and not begin with a digit',
      default: 'rollcall',
      description: 'PostgreSQL schema that holds the registry',
    }),
    cleanupInterval: number({
      minimum: 1,
      maximum: 86_400,
      default: DEFAULTS.cleanupIntervalSeconds,
      description: 'Seconds between two cleanups of expired agents',
    }),
    heartbeatFlushInterval: number({
      minimum: 0.05,
      maximum: 3600,
      default: DEFAULTS.heartbeatFlushIntervalSeconds,
      description:
        'Seconds for which a heartbeat may stay in memory before it is written to the file',
    }),
    restartGrace: number({
      minimum: 0,
      maximum: 86_400,
      default: DEFAULTS.restartGraceSeconds,
      description: 'Minimum seconds that every live agent has left after a restart',
    }),
    brakeFraction: number({
      minimum: 0,
      maximum: 1,
      default: DEFAULTS.brakeFraction,
      description:
        'Share of the live agents above which expiry is held back when they fall silent at once; 0: never',
    }),
    brakeMinimum: integer({
      minimum: 1,
      maximum: 1_000_000_000,
      default: DEFAULTS.brakeMinimum,
      description: 'Fewest agents that fall silent at once for which expiry is held back',
    }),
    brakeMax: number({
      minimum: 1,
      maximum: 86_400,
      default: DEFAULTS.brakeMaxSeconds,
      description: 'Maximum seconds for which expiry is held back',
    }),
    historyLimit: integer({
      minimum: 1,
      maximum: 100_000_000,
      default: DEFAULTS.historyLimit,
      description: 'Maximum number of changes kept in the history',
    }),
    historyMaxAge: number({
      minimum: 1,
      maximum: 315_360_000,
      default: DEFAULTS.historyMaxAgeSeconds,
      description: 'Seconds for which a change is kept in the history',
    }),
    backupTo: text({
      minLength: 1,
      default: NO_BACKUPS,
      description: 'Folder for scheduled backups of a SQLite file',
    }),
    backupEvery: number({
      minimum: 1,
      maximum: 604_800,
      default: DEFAULTS.backupEverySeconds,
      description: 'Seconds between two scheduled backups',
    }),
    backupKeep: integer({
      minimum: 1,
      maximum: 100_000,
      default: DEFAULTS.backupKeep,
      description: 'Scheduled backups that are kept; older ones are removed',
    }),
    maxAgents: integer({
      minimum: 1,
      maximum: 100_000_000,
      default: CALLER_LIMITS.agents.value,
      description: 'Maximum number of agents, expired ones included until they are removed',
    }),
    maxAgentsPerCaller: integer({
      minimum: 0,
      maximum: 100_000_000,
      default: CALLER_LIMITS.agentsPerCaller.value,
      description:
        'Maximum number of agents that one principal owns, expired ones included; 0: as many as there may be',
    }),
    maxStreams: integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 10_000,
      description: 'Maximum number of open streams of the change feed',
    }),
    maxStreamsPerCaller: integer({
      minimum: 1,
      maximum: 1_000_000,
      default: CALLER_LIMITS.streamsPerCaller.value,
      description: 'Maximum number of open streams of one caller: a token, or an address',
    }),
    rateLimit: number({
      minimum: 0,
      maximum: 1_000_000,
      default: CALLER_LIMITS.rateLimit.value,
      description: 'Requests per second of one caller, other than heartbeats; 0: any number',
    }),
    heartbeatRateLimit: number({
      minimum: 0,
      maximum: 1_000_000,
      default: CALLER_LIMITS.heartbeatRateLimit.value,
      description: 'Heartbeats per second of one caller; 0: any number',
    }),
    limitLocal: boolean({
      default: false,
      description: 'Limit callers also while only this machine reaches the registry',
    }),
    logLevel: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      default: 'info',
      description: 'Minimum level of log lines; debug and trace log every request',
    }),
  },
  { additionalProperties: false },
)
/** @interface */
export type Settings = Static<typeof Settings>

/** The rule of one setting, for validation, help and documentation. */
export interface SettingRule {
  /** The type of the value in the file; flags and variables are text. */
  readonly type: 'string' | 'integer' | 'number' | 'boolean'
  /** The value without flag, variable and file. */
  readonly default: string | number | boolean
  /** The line in `--help`. */
  readonly description: string
  /** The allowed values. */
  readonly enum?: readonly string[]
  /**
   * `uri`: an http(s) URL, or {@link NO_PUBLIC_URL}; `hosts`, `origins`: a list separated by commas, or
   * `none`.
   */
  readonly format?: string
  /** A regular expression that strings must match. */
  readonly pattern?: string
  /** The error message for a string that does not match the pattern. */
  readonly patternErrorMessage?: string
  /** Maximum number of characters. */
  readonly maxLength?: number
  /** The smallest allowed value. */
  readonly minimum?: number
  /** The largest allowed value. */
  readonly maximum?: number
}

/** One setting with all its names. */
export interface Setting {
  /** `cleanupInterval` */
  readonly key: keyof Settings
  /** `cleanup-interval`: the flag without its leading dashes, and the key in the file. */
  readonly flag: string
  /** `ROLLCALL_CLEANUP_INTERVAL` */
  readonly variable: string
  /** Which values it accepts. */
  readonly rule: SettingRule
}

/** Variables that are not named as their flag: `ROLLCALL_TOKEN_FILE` is where clients find their own token. */
const VARIABLES: Readonly<Record<string, string>> = { 'token-file': 'ROLLCALL_SERVER_TOKEN_FILE' }

/** All settings, in the order of `--help`. */
export const SETTINGS: readonly Setting[] = Object.entries(Settings.properties).map(
  ([key, schema]) => {
    const flag = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    return {
      key: key as keyof Settings,
      flag,
      variable: VARIABLES[flag] ?? `ROLLCALL_${flag.replaceAll('-', '_').toUpperCase()}`,
      rule: schema as unknown as SettingRule,
    }
  },
)
