/** What the value of an option has to be; the types say so, too, but not to plain JavaScript. */
interface OptionRule {
  /** What comes after "it must be". */
  readonly must: string
  readonly fits: (value: unknown) => boolean
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
const isNumber = (value: unknown): boolean => typeof value === 'number'
const isPositive = (value: unknown): boolean => typeof value === 'number' && value > 0
const has = (value: unknown, ...methods: string[]): boolean =>
  typeof value === 'object' &&
  value !== null &&
  methods.every((method) => typeof Reflect.get(value, method) === 'function')

const isFunction = (value: unknown): boolean => typeof value === 'function'

const FUNCTION: OptionRule = { must: 'a function', fits: isFunction }
const TEXT: OptionRule = { must: 'a text', fits: isText }
const MILLISECONDS: OptionRule = { must: 'a number of milliseconds above 0', fits: isPositive }

const RULES: Readonly<Record<string, OptionRule>> = {
  registryUrl: {
    must: 'a text, or a list of them',
    fits: (value) =>
      isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText)),
  },
  token: { must: 'a text, or a function', fits: (value) => isText(value) || isFunction(value) },
  headers: {
    must: 'an object with the headers, or a function',
    fits: (value) => typeof value === 'object' || isFunction(value),
  },
  check: FUNCTION,
  whenCheckFails: {
    must: 'busy or silent',
    fits: (value) => ['busy', 'silent'].includes(String(value)),
  },
  fetch: FUNCTION,
  timeoutMs: MILLISECONDS,
  logger: {
    must: 'an object with the methods debug and warn, such as console',
    fits: (value) => has(value, 'debug', 'warn'),
  },
  signal: { must: 'an AbortSignal', fits: (value) => has(value, 'addEventListener') },
  host: TEXT,
  port: {
    must: 'a whole number from 1 to 65535',
    fits: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65_535,
  },
  ttlSeconds: { must: 'a number of seconds above 0', fits: isPositive },
  heartbeatIntervalSeconds: { must: 'a number of seconds', fits: isNumber },
  metadata: {
    must: 'an object, or a text that holds JSON',
    fits: (value) =>
      typeof value === 'string' || (typeof value === 'object' && !Array.isArray(value)),
  },
  capabilities: {
    must: 'a list of texts, such as ["search"]',
    // A text would be taken apart into its letters.
    fits: (value) => Array.isArray(value) && value.every(isText),
  },
  version: TEXT,
  url: TEXT,
  status: {
    must: 'ready, busy or draining',
    fits: (value) => ['ready', 'busy', 'draining'].includes(String(value)),
  },
  load: {
    must: 'a number from 0 to 1',
    fits: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  },
  keepAlive: { must: 'true or false', fits: (value) => typeof value === 'boolean' },
  joinTimeoutMs: {
    must: 'a number of milliseconds, 0 or more',
    fits: (value) => typeof value === 'number' && value >= 0,
  },
  heartbeatFrom: {
    must: 'timer or none',
    fits: (value) => ['timer', 'none'].includes(String(value)),
  },
}

/**
 * Checks the options that can be checked by themselves; those that are missing have their defaults.
 *
 * @throws TypeError that names the option, its value, and what it must be
 */
export function requireValidOptions(options: object): void {
  for (const [name, value] of Object.entries(options)) {
    const rule = RULES[name]
    if (rule === undefined || value === undefined || value === null || rule.fits(value)) continue
    throw new TypeError(`${name} is ${shown(value)}; it must be ${rule.must}`)
  }
}

function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value) && !value.every(isText)) return 'a list that holds something else'
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object'
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
