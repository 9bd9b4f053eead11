import {
  AGENT_ID_PATTERN,
  AGENT_IDS_PATTERN,
  AgentId,
  AgentIdPattern,
  INSTANCE_ID_PATTERN,
  InstanceId,
  LIMITS,
  TOKEN_NAME_PATTERN,
  TokenId,
  TokenName,
} from '@rollcall/protocol'
import { InvalidArgumentError, Option } from 'commander'

// Parsers for the values of options and arguments.

/** @throws InvalidArgumentError, so that an id such as `..` never becomes part of a URL */
export function agentId(text: string): string {
  return identifier(text, AGENT_ID_PATTERN, AgentId)
}

/** @throws InvalidArgumentError for what registries reject as an instance id */
function instanceId(text: string): string {
  return identifier(text, INSTANCE_ID_PATTERN, InstanceId)
}

function identifier(
  text: string,
  pattern: string,
  schema: { readonly patternErrorMessage?: string; readonly maxLength?: number },
): string {
  if (!new RegExp(pattern).test(text)) {
    throw new InvalidArgumentError(`It ${schema.patternErrorMessage}.`)
  }
  const { maxLength: most = Number.POSITIVE_INFINITY } = schema
  if (text.length <= most) return text
  throw new InvalidArgumentError(`It must be at most ${most} characters, not ${text.length}.`)
}

/** @throws InvalidArgumentError, so that an id such as `..` never becomes part of a URL */
export function tokenId(text: string): string {
  return identifier(text, '^[0-9a-f]{12}$', TokenId)
}

/** @throws InvalidArgumentError for what registries reject as the name of a token */
export function tokenName(text: string): string {
  return identifier(text, TOKEN_NAME_PATTERN, TokenName)
}

/** Collects ids, or beginnings of ids followed by `*`, that are separated by commas. */
export function agentIdList(text: string, before: readonly string[] = []): string[] {
  return text.split(',').reduce<string[]>((all, id) => agentIdPatterns(id, all), [...before])
}

const UNIT_SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const

/** Returns the seconds of a duration such as `30d`. @throws InvalidArgumentError */
export function lifetime(text: string): number {
  const [, value, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  const total = Number(value) * UNIT_SECONDS[(unit ?? 's') as keyof typeof UNIT_SECONDS]
  if (total >= 1 && total <= LIMITS.tokenSeconds) return total
  throw new InvalidArgumentError('It must be a duration such as 30d, 12h, 10m or 60s.')
}

/** Collects ids, or beginnings of ids followed by `*`, without duplicates. */
export function agentIdPatterns(text: string, before: readonly string[] = []): string[] {
  return [...new Set([...before, identifier(text, AGENT_IDS_PATTERN, AgentIdPattern)])]
}

/** Collects ids without duplicates, so that no agent is changed twice. */
export function agentIds(text: string, before: readonly string[] = []): string[] {
  return [...new Set([...before, agentId(text)])]
}

/** @throws InvalidArgumentError unless it is greater than 0 and at most a day */
export function seconds(text: string): number {
  const value = parseNumber(text)
  if (value > 0 && value <= 86_400) return value
  throw new InvalidArgumentError('It must be a number of seconds greater than 0 and at most 86400.')
}

/** @throws InvalidArgumentError unless it is a whole number of at least 1 */
export function count(text: string): number {
  const value = parseNumber(text)
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new InvalidArgumentError('It must be a whole number, 1 or more.')
}

/** @throws InvalidArgumentError unless it is a whole number */
export function revision(text: string): number {
  const value = parseNumber(text)
  if (Number.isSafeInteger(value)) return value
  throw new InvalidArgumentError('It must be a whole number, 0 or more.')
}

/** @throws InvalidArgumentError unless it is a port number */
export function port(text: string): number {
  const value = parseNumber(text)
  if (Number.isInteger(value) && value >= 1 && value <= 65_535) return value
  throw new InvalidArgumentError('It must be a whole number from 1 to 65535.')
}

/** @throws InvalidArgumentError unless it is a port number, or 0 for any free port */
export function portOrAny(text: string): number {
  return parseNumber(text) === 0 ? 0 : port(text)
}

/** @throws InvalidArgumentError unless it is from 0 to 1 */
export function load(text: string): number {
  const value = parseNumber(text)
  if (value >= 0 && value <= 1) return value
  throw new InvalidArgumentError('It must be a number from 0 (idle) to 1 (full).')
}

/** Collects the values of a repeatable option. */
export function repeated(text: string, before: readonly string[] = []): string[] {
  return [...before, text]
}

/**
 * Creates a parser for an enumerated option.
 *
 * @throws InvalidArgumentError that lists the allowed values
 */
export function oneOf<T extends string>(values: readonly T[]): (text: string) => T {
  return (text) => {
    const value = values.find((it) => it === text)
    if (value !== undefined) return value
    throw new InvalidArgumentError(`It must be one of ${values.join(', ')}.`)
  }
}

/** Creates an enumerated option, whose values appear in the help and in shell completions. */
export function choiceOption(
  flags: string,
  description: string,
  values: readonly string[],
): Option {
  // Set after `choices`, to replace its error message.
  return new Option(flags, description).choices(values).argParser(oneOf(values))
}

/** Creates the option for the instance of an agent. */
export function instanceOption(description: string): Option {
  return new Option('--instance <id>', description).argParser(instanceId)
}

/** Collects repeatable `KEY=VALUE` pairs. */
export function keyValue(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (key === undefined || value === undefined) {
    throw new InvalidArgumentError('It must be KEY=VALUE.')
  }
  return { ...before, [key]: value }
}

/** Returns NaN unless the text is a plain number: `Number` also converts whitespace to 0. */
function parseNumber(text: string): number {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
}

/** Collects metadata: repeatable `KEY=VALUE` pairs, or a JSON object. */
export function metadata(
  text: string,
  before: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  if (!text.startsWith('{')) return { ...before, ...keyValue(text) }
  try {
    const object: Record<string, unknown> = JSON.parse(text)
    return { ...before, ...object }
  } catch {
    throw new InvalidArgumentError('It starts with { but is not valid JSON.')
  }
}
