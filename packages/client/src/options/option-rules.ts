import { INSTANCE_ID_PATTERN, LIMITS, mapDetails } from '@rollcall/protocol'
import type { JoinOptions } from './client-options.ts'

/** A runtime check of an option, for callers in plain JavaScript. */
interface OptionRule {
  /** Completes the message "it must be …". */
  readonly requirement: string
  readonly isValid: (value: unknown) => boolean
}

const isNonEmptyString = (value: unknown): boolean => typeof value === 'string' && value !== ''
const isNumber = (value: unknown): boolean => typeof value === 'number'
const isPositive = (value: unknown): boolean => typeof value === 'number' && value > 0
const hasMethods = (value: unknown, ...methods: string[]): boolean =>
  typeof value === 'object' &&
  value !== null &&
  methods.every((method) => typeof Reflect.get(value, method) === 'function')

/** Completes the message "it must be …". */
export const INSTANCE_ID_RULE = `up to ${LIMITS.instanceIdCharacters} letters, digits and . _ : -`
/** Whether registries accept the value as an instance id. */
export const isInstanceId = (value: unknown): boolean =>
  typeof value === 'string' &&
  value.length <= LIMITS.instanceIdCharacters &&
  new RegExp(INSTANCE_ID_PATTERN).test(value)

const isFunction = (value: unknown): boolean => typeof value === 'function'

const FUNCTION: OptionRule = { requirement: 'a function', isValid: isFunction }
const NON_EMPTY_STRING: OptionRule = {
  requirement: 'a non-empty string',
  isValid: isNonEmptyString,
}
const MILLISECONDS: OptionRule = {
  requirement: 'a number of milliseconds above 0',
  isValid: isPositive,
}

/** The options that `resolveAgent` checks itself, and the clock, which is not checked. */
type OptionWithoutRule = 'agentId' | 'agentName' | 'clock'

const RULES: Readonly<Record<string, OptionRule>> = {
  registryUrl: {
    requirement: 'a non-empty string, or an array of them',
    isValid: (value) =>
      isNonEmptyString(value) ||
      (Array.isArray(value) && value.length > 0 && value.every(isNonEmptyString)),
  },
  token: {
    requirement: 'a non-empty string, or a function',
    isValid: (value) => isNonEmptyString(value) || isFunction(value),
  },
  headers: {
    requirement: 'an object of headers, or a function',
    isValid: (value) => typeof value === 'object' || isFunction(value),
  },
  check: FUNCTION,
  whenCheckFails: {
    requirement: 'busy or silent',
    isValid: (value) => ['busy', 'silent'].includes(String(value)),
  },
  fetch: FUNCTION,
  timeoutMs: MILLISECONDS,
  logger: {
    requirement: 'an object with the methods debug and warn, such as console',
    isValid: (value) => hasMethods(value, 'debug', 'warn'),
  },
  signal: {
    requirement: 'an AbortSignal',
    isValid: (value) => hasMethods(value, 'addEventListener'),
  },
  host: NON_EMPTY_STRING,
  port: {
    requirement: 'a whole number from 1 to 65535',
    isValid: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65_535,
  },
  ttlSeconds: { requirement: 'a number of seconds above 0', isValid: isPositive },
  heartbeatIntervalSeconds: { requirement: 'a number of seconds', isValid: isNumber },
  metadata: {
    requirement: 'an object, or a string of JSON',
    isValid: (value) =>
      typeof value === 'string' || (typeof value === 'object' && !Array.isArray(value)),
  },
  capabilities: {
    requirement: 'an array of non-empty strings, such as ["search"]',
    // A string would be spread into its characters.
    isValid: (value) => Array.isArray(value) && value.every(isNonEmptyString),
  },
  tags: {
    requirement: 'an array of non-empty strings, such as ["papers"]',
    isValid: (value) => Array.isArray(value) && value.every(isNonEmptyString),
  },
  card: {
    requirement: 'an object, or a string of JSON',
    isValid: (value) =>
      isNonEmptyString(value) || (typeof value === 'object' && !Array.isArray(value)),
  },
  version: NON_EMPTY_STRING,
  instanceId: { requirement: INSTANCE_ID_RULE, isValid: isInstanceId },
  ...mapDetails(() => NON_EMPTY_STRING),
  url: NON_EMPTY_STRING,
  status: {
    requirement: 'ready, busy or draining',
    isValid: (value) => ['ready', 'busy', 'draining'].includes(String(value)),
  },
  load: {
    requirement: 'a number from 0 to 1',
    isValid: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  },
  keepAlive: { requirement: 'true or false', isValid: (value) => typeof value === 'boolean' },
  joinTimeoutMs: {
    requirement: 'a number of milliseconds, 0 or more',
    isValid: (value) => typeof value === 'number' && value >= 0,
  },
  heartbeatFrom: {
    requirement: 'timer or none',
    isValid: (value) => ['timer', 'none'].includes(String(value)),
  },
} satisfies Record<Exclude<keyof JoinOptions, OptionWithoutRule>, OptionRule>

/**
 * Checks each given option on its own; missing options have defaults.
 *
 * @throws TypeError that names the option, its value and the requirement
 */
export function requireValidOptions(options: object): void {
  for (const [name, value] of Object.entries(options)) {
    const rule = RULES[name]
    if (rule === undefined || value === undefined || value === null || rule.isValid(value)) continue
    throw new TypeError(`${name} is ${describe(value)}; it must be ${rule.requirement}`)
  }
}

function describe(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value) && !value.every(isNonEmptyString)) return 'an array with other elements'
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object'
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
