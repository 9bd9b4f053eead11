import type { Registration, RegistrationWarning } from '@rollcall/protocol'
import type { CardFacts } from './a2a-card.ts'
import { type ReadCard, readCard } from './read-card.ts'

/** A registration whose card has been read. */
interface RegistrationWithCard {
  /** With what the card says where the registration says nothing; not validated yet. */
  readonly body: unknown
  /** Null: the card is removed; undefined: it stays. */
  readonly card: ReadCard | null | undefined
  readonly warnings: readonly RegistrationWarning[]
}

type Given = Partial<Registration>

const NO_WARNINGS: readonly RegistrationWarning[] = []

/** Reads the card of a registration, and takes from it what the registration leaves out. @throws HttpProblem */
export function withCard(body: unknown): RegistrationWithCard {
  const { card: sent } = Object(body) as Given
  if (typeof sent !== 'string') {
    return { body, card: sent === null ? null : undefined, warnings: NO_WARNINGS }
  }
  const card = readCard(sent, '/card')
  const given = body as Given
  const warnings = [...card.warnings, ...differences(given, card.facts)]
  return {
    body: completed(given, card.facts),
    card,
    warnings: warnings.map(({ pointer, message }) => ({
      code: 'UNUSUAL_CARD' as const,
      pointer: `/card${pointer}`,
      // Clients log messages alone, each once.
      message: `${pointer === '' ? 'the card' : `${pointer} of the card`} ${message}`,
    })),
  }
}

/** What the registration says wins. Host and port belong together. */
function completed(given: Given, facts: CardFacts): Given {
  const isAddressGiven = given.host !== undefined || given.port !== undefined
  const found: { readonly [Field in keyof Given]?: unknown } = {
    agent_name: facts.name,
    ...(isAddressGiven ? {} : { host: facts.host, port: facts.port }),
    url: facts.url,
    version: facts.version,
    description: facts.description,
    protocol: facts.protocol,
    capabilities: facts.capabilities,
    tags: facts.tags,
  }
  const missing = Object.entries(found).filter(
    ([field, value]) => value !== undefined && Reflect.get(given, field) == null,
  )
  return { ...given, ...Object.fromEntries(missing) }
}

/** Finds texts that the card and the registration both give, and differently. */
function differences(given: Given, facts: CardFacts): { pointer: string; message: string }[] {
  const pairs = [
    ['name', given.agent_name, facts.name],
    ['description', given.description, facts.description],
    ['version', given.version, facts.version],
  ] as const
  return pairs.flatMap(([member, said, found]) =>
    said == null || found === undefined || said === found
      ? []
      : [{ pointer: `/${member}`, message: 'differs from the registration, which counts' }],
  )
}
