import type { CardFormat, CardWarning, ProblemPointer } from '@rollcall/protocol'
import { LIMITS } from '@rollcall/protocol'
import { isCapability } from '../../domain/agent-registration.ts'
import { searchWords } from '../../domain/query/search-text.ts'
import { type A2aFormat, errorsOfCard, warningsOfCard } from './a2a-schema.ts'
import { type CardAddress, cardAddress } from './card-address.ts'
import { printable } from './printable-text.ts'

/** What a card says of its agent, in the terms of a registration; undefined: nothing usable. */
export interface CardFacts extends Partial<CardAddress> {
  readonly name?: string | undefined
  readonly description?: string | undefined
  readonly version?: string | undefined
  readonly protocol?: string | undefined
  readonly capabilities?: readonly string[] | undefined
  readonly tags?: readonly string[] | undefined
}

/** What the registry makes of a card. */
export interface CardDescription {
  readonly format: CardFormat
  readonly facts: CardFacts
  /** What text search finds. */
  readonly words: string
  /** Why no client could read it. */
  readonly errors: readonly ProblemPointer[]
  /** What is unusual in it. */
  readonly warnings: readonly CardWarning[]
}

type Json = Readonly<Record<string, unknown>>

const NOT_RECOGNIZED: CardWarning = {
  pointer: '',
  message:
    'is not recognized as an A2A agent card, which has supportedInterfaces (1.0) or a url (0.3); it is kept and ' +
    'served as it is',
}

/** Recognizes an A2A agent card, of version 1.0 or 0.3, and describes it. */
export function describeA2aCard(card: Json): CardDescription {
  const format = formatOf(card)
  if (format === 'other') {
    return { format, facts: {}, words: '', errors: [], warnings: [NOT_RECOGNIZED] }
  }
  const errors = errorsOfCard(format, card)
  if (errors.length > 0) return { format, facts: {}, words: '', errors, warnings: [] }
  const skills = objectsIn(card.skills)
  const ids = textsOf(skills, 'id')
  const capabilities = unique(ids).filter(isCapability).slice(0, LIMITS.capabilities)
  const facts = {
    name: printable(card.name, LIMITS.nameCharacters),
    description: printable(card.description, 1024),
    version: printable(card.version, LIMITS.nameCharacters),
    protocol: 'a2a',
    capabilities,
    tags: unique(skills.flatMap(({ tags }) => textsIn(tags)))
      .filter(isCapability)
      .slice(0, LIMITS.tags),
    ...cardAddress(firstUrlOf(card)),
  }
  const omitted = unique(ids).length - capabilities.length
  const warnings = [
    ...warningsOfCard(format, card),
    ...(omitted > 0 ? [omittedSkills(omitted)] : []),
  ]
  return { format, facts, words: wordsOf(skills), errors, warnings }
}

/**
 * Recognizes the version of a card as the SDKs do: 1.0 has `supportedInterfaces`; members that only 0.3 has, or a
 * `url` alone, are of 0.3. A card that has both is read by all clients, and is of 1.0.
 */
function formatOf(card: Json): A2aFormat | 'other' {
  const { supportedInterfaces, url, protocolVersion } = card
  if (Array.isArray(supportedInterfaces) && supportedInterfaces.length > 0) return 'a2a-1.0'
  const isOld =
    (typeof url === 'string' && supportedInterfaces === undefined) ||
    card.preferredTransport !== undefined ||
    card.additionalInterfaces !== undefined ||
    card.supportsAuthenticatedExtendedCard !== undefined ||
    (typeof protocolVersion === 'string' && protocolVersion.startsWith('0.'))
  if (isOld) return 'a2a-0.3'
  return supportedInterfaces === undefined ? 'other' : 'a2a-1.0'
}

function firstUrlOf({ supportedInterfaces, url }: Json): unknown {
  return objectsIn(supportedInterfaces)[0]?.url ?? url
}

/**
 * Each word once, as a search asks for single words. Those of names come first: what is beyond the limit of the words is
 * not found.
 */
function wordsOf(skills: readonly Json[]): string {
  const texts = [
    ...textsOf(skills, 'name'),
    ...textsOf(skills, 'id'),
    ...skills.flatMap(({ tags }) => textsIn(tags)),
    ...textsOf(skills, 'description'),
    ...skills.flatMap(({ examples }) => textsIn(examples)),
  ]
  return searchWords(texts.join('\n')).join('\n')
}

function omittedSkills(count: number): CardWarning {
  const message =
    `has ${count} skills that are no capabilities of the agent: it has at most ${LIMITS.capabilities}, each a ` +
    `printable id of at most ${LIMITS.capabilityCharacters} characters`
  return { pointer: '/skills', message }
}

function objectsIn(value: unknown): readonly Json[] {
  if (!Array.isArray(value)) return []
  return value.filter((each): each is Json => typeof each === 'object' && each !== null)
}

function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}

function textsOf(objects: readonly Json[], member: string): string[] {
  return textsIn(objects.map(({ [member]: value }) => value))
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)]
}
