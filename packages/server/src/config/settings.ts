import { integer, number, object, oneOf, type Static, text } from '@rollcall/protocol/json-schema'
import { NO_PUBLIC_URL } from './public-url.ts'

/**
 * Characters of a schema in PostgreSQL. It takes names of 63 bytes and shortens longer ones, and that
 * of the channel of notifications is `.transitions` longer.
 */
const MAX_SCHEMA_CHARACTERS = 51

/**
 * Every setting of the server: the one source of its flag, its variable, its place in the
 * configuration file, its rule, its default and its line in `--help` and in the reference page.
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
      description: 'Port to listen on; 0 for any free one',
    }),
    publicUrl: text({
      minLength: 1,
      format: 'uri',
      default: NO_PUBLIC_URL,
      description:
        'Where clients reach the registry behind a proxy, such as https://agents.example/registry',
    }),
    db: text({
      minLength: 1,
      default: 'sqlite:///rollcall.db',
      description:
        'Where agents are kept: memory:, sqlite:///relative.db, sqlite:////absolute.db, ' +
        'postgres://user@host/database',
    }),
    dbSchema: text({
      minLength: 1,
      maxLength: MAX_SCHEMA_CHARACTERS,
      pattern: '^[a-z_][a-z0-9_]*$',
      patternErrorMessage: 'must be small letters, digits and _, and not begin with a digit',
      default: 'rollcall',
      description: 'Schema in PostgreSQL that holds the registry',
    }),
    cleanupInterval: number({
      minimum: 1,
      maximum: 86_400,
      default: 60,
      description: 'Seconds between two removals of expired agents',
    }),
    heartbeatFlushInterval: number({
      minimum: 0.05,
      maximum: 3600,
      default: 1,
      description: 'Seconds that a heartbeat may wait before it is written to the file',
    }),
    restartGrace: number({
      minimum: 0,
      maximum: 86_400,
      default: 30,
      description: 'Seconds that every live agent has left after a restart, at least',
    }),
    historyLimit: integer({
      minimum: 1,
      maximum: 100_000_000,
      default: 100_000,
      description: 'Changes of agents that are kept as history',
    }),
    historyMaxAge: number({
      minimum: 1,
      maximum: 315_360_000,
      default: 604_800,
      description: 'Seconds that a change of an agent is kept as history',
    }),
    maxStreams: integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 10_000,
      description: 'Streams of the change feed that may be open at once',
    }),
    logLevel: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      default: 'info',
      description: 'What is worth a line in the log; from debug on, every request is',
    }),
  },
  { additionalProperties: false },
)
/** @interface */
export type Settings = Static<typeof Settings>

/** The rule of one setting, as far as texts, help and documentation need it. */
export interface SettingRule {
  /** Of the value in the file; flags and variables are text. */
  readonly type: 'string' | 'integer' | 'number'
  /** Without flag, variable and file. */
  readonly default: string | number
  /** The line in `--help`. */
  readonly description: string
  /** The only values there are. */
  readonly enum?: readonly string[]
  /** `uri`: an http(s) URL, or what stands for none. */
  readonly format?: string
  /** A regular expression that texts match. */
  readonly pattern?: string
  /** What the expression says, in words. */
  readonly patternErrorMessage?: string
  /** Characters of texts, at the most. */
  readonly maxLength?: number
  /** The least that is allowed. */
  readonly minimum?: number
  /** The most that is allowed. */
  readonly maximum?: number
}

/** One setting under all of its names. */
export interface Setting {
  /** `cleanupInterval` */
  readonly key: keyof Settings
  /** `cleanup-interval`: the flag without its dashes, and the name in the file. */
  readonly flag: string
  /** `ROLLCALL_CLEANUP_INTERVAL` */
  readonly variable: string
  /** What values it takes. */
  readonly rule: SettingRule
}

/** All settings, in the order of `--help`. */
export const SETTINGS: readonly Setting[] = Object.entries(Settings.properties).map(
  ([key, schema]) => {
    const flag = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    return {
      key: key as keyof Settings,
      flag,
      variable: `ROLLCALL_${flag.replaceAll('-', '_').toUpperCase()}`,
      rule: schema as unknown as SettingRule,
    }
  },
)
