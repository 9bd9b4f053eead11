import { AGENT_ID_PATTERN, AgentId, LIMITS } from '@rollcall/protocol'
import { InvalidArgumentError, Option } from 'commander'

// What is typed after an option or as an argument, and what becomes of it.

/** @throws InvalidArgumentError, so that an id such as `..` never becomes part of an address */
export function agentId(text: string): string {
  if (!new RegExp(AGENT_ID_PATTERN).test(text)) {
    throw new InvalidArgumentError(`It ${AgentId.patternErrorMessage}.`)
  }
  const most = LIMITS.agentIdCharacters
  if (text.length <= most) return text
  throw new InvalidArgumentError(`It must be at most ${most} characters, not ${text.length}.`)
}

/** Collects ids, each once: to name an agent twice is no reason to change it twice. */
export function agentIds(text: string, before: readonly string[] = []): string[] {
  return [...new Set([...before, agentId(text)])]
}

/** @throws InvalidArgumentError unless it is more than 0, and no longer than a timer can be */
export function seconds(text: string): number {
  const value = numberIn(text)
  if (value > 0 && value <= 86_400) return value
  throw new InvalidArgumentError('It must be a number of seconds above 0, at most 86400.')
}

/** @throws InvalidArgumentError unless it is a whole number of at least 1 */
export function count(text: string): number {
  const value = numberIn(text)
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new InvalidArgumentError('It must be a whole number, 1 or more.')
}

/** @throws InvalidArgumentError unless it is a port */
export function port(text: string): number {
  const value = numberIn(text)
  if (Number.isInteger(value) && value >= 1 && value <= 65_535) return value
  throw new InvalidArgumentError('It must be a whole number from 1 to 65535.')
}

/** @throws InvalidArgumentError unless it is a port, or 0 for any free one */
export function portOrAny(text: string): number {
  return numberIn(text) === 0 ? 0 : port(text)
}

/** @throws InvalidArgumentError unless it is from 0 to 1 */
export function load(text: string): number {
  const value = numberIn(text)
  if (value >= 0 && value <= 1) return value
  throw new InvalidArgumentError('It must be a number from 0 (idle) to 1 (full).')
}

/** Collects an option that may be repeated. */
export function repeated(text: string, before: readonly string[] = []): string[] {
  return [...before, text]
}

/**
 * Makes a parser for an option that is one of some words.
 *
 * @throws InvalidArgumentError that tells the words
 */
export function oneOf<T extends string>(words: readonly T[]): (text: string) => T {
  return (text) => {
    const word = words.find((it) => it === text)
    if (word !== undefined) return word
    throw new InvalidArgumentError(`It must be one of ${words.join(', ')}.`)
  }
}

/** An option that is one of some words; the help and the completions of shells know them too. */
export function choiceOption(flags: string, description: string, words: readonly string[]): Option {
  // After `choices`, for its words when it is none of them.
  return new Option(flags, description).choices(words).argParser(oneOf(words))
}

/** Collects `KEY=VALUE`, which may be repeated. */
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

/** NaN unless the whole text is a plain number: `Number` also takes blanks and nothing for 0. */
function numberIn(text: string): number {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
}

/** Collects metadata: `KEY=VALUE`, which may be repeated, or an object as JSON. */
export function metadata(
  text: string,
  before: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  if (!text.startsWith('{')) return { ...before, ...keyValue(text) }
  try {
    const object: Record<string, unknown> = JSON.parse(text)
    return { ...before, ...object }
  } catch {
    throw new InvalidArgumentError('It begins like JSON, but is none.')
  }
}
