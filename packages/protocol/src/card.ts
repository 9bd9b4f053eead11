import {
  boolean,
  custom,
  integer,
  list,
  object,
  oneOf,
  optional,
  type Static,
  text,
} from './json-schema.ts'
import { LIMITS } from './limits.ts'
import { timestamp } from './timestamp.ts'

/** The kinds of cards that the registry recognizes; `other` is any other JSON object. */
export const CARD_FORMATS = ['a2a-1.0', 'a2a-0.3', 'mcp-server-card', 'other'] as const
/** One of {@link CARD_FORMATS}. @useDeclaredType */
export type CardFormat = (typeof CARD_FORMATS)[number]

/** The card of an agent in its registration. */
export const RegisteredCard = custom<Record<string, unknown> | string | null>({
  type: ['object', 'string', 'null'],
  description:
    'The card of the agent, such as an A2A agent card: an object, or a string that holds it, of at most ' +
    `${LIMITS.cardBytes} bytes. Served byte for byte as it was sent. Absent: the agent keeps the card that it ` +
    'has; null removes it. With an A2A card, `agent_name`, `host`, `port` and whatever else is absent are taken ' +
    'from the card.',
  examples: [{ name: 'Researcher', description: 'Finds papers.' }],
})

/** The card of an agent. */
export const Card = custom<Record<string, unknown>>({
  type: 'object',
  // For documentation: what a card must have depends on its format.
  properties: {
    name: text({ description: 'The display name of the agent.' }),
    description: text({ description: 'What the agent is for.' }),
    version: text({ description: 'The version of the agent.' }),
    supportedInterfaces: list(custom<object>({ type: 'object' }), {
      description: 'A2A 1.0: where the agent is called, the preferred interface first.',
    }),
    url: text({ description: 'A2A 0.3: where the agent is called.' }),
    skills: list(custom<object>({ type: 'object' }), { description: 'What the agent can do.' }),
  },
  description:
    'The card of an agent, such as an A2A agent card: any JSON object. Members that are not listed here are ' +
    'kept as well.',
})
/** @useDeclaredType */
export type Card = Static<typeof Card>

/** Describes what is unusual in a card that was accepted. */
export const CardWarning = object({
  pointer: text({
    description: 'JSON pointer to the place in the card.',
    examples: ['/skills/0/tags'],
  }),
  message: text({ description: 'What is unusual, and how to fix it; for humans.' }),
})
/** @interface */
export type CardWarning = Static<typeof CardWarning>

/** What is known of one signature of a card. */
export const CardSignature = object({
  result: oneOf(['valid', 'invalid', 'unchecked'], {
    description:
      'Whether it is of this card and of a key at `key_url`; `unchecked`: the keys cannot be read.',
  }),
  reason: optional(text({ description: 'Why it is not valid; for humans.' })),
  algorithm: optional(text({ description: 'The algorithm that it names.', examples: ['ES256'] })),
  key_id: optional(text({ description: 'The key that it names.', examples: ['2026-11'] })),
  key_url: optional(
    text({
      description:
        'Where it says that the key is published. The one who is vouched by is whoever publishes there.',
      examples: ['https://keys.example/jwks.json'],
    }),
  ),
})
/** @interface */
export type CardSignature = Static<typeof CardSignature>

/** What is known of the signatures of a card. */
export const CardVerification = object(
  {
    agent_id: text({ description: 'The agent.', examples: ['researcher-1'] }),
    result: oneOf(['valid', 'invalid', 'unchecked', 'unsigned'], {
      description:
        '`valid`: at least one signature is; `invalid`: none is, and at least one is not of this card; ' +
        '`unchecked`: the keys of none can be read; `unsigned`: it has no signature.',
    }),
    etag: text({ description: 'The `ETag` of the card that was verified.' }),
    checked_at: timestamp('When it was verified.'),
    signatures: list(CardSignature, { description: 'Its signatures, at most the first eight.' }),
  },
  { description: 'What is known of the signatures of a card.' },
)
/** @interface */
export type CardVerification = Static<typeof CardVerification>

/** The response to a change of a card. */
export const CardReceipt = object(
  {
    agent_id: text({ description: 'The agent.', examples: ['researcher-1'] }),
    has_card: boolean({ description: 'Whether the agent has a card now.' }),
    format: oneOf(CARD_FORMATS, {
      description: 'What the registry recognized; `other` also when the card was removed.',
    }),
    revision: integer({ minimum: 0, description: 'The revision of the last visible change.' }),
    warnings: list(CardWarning, { description: 'What is unusual in the card.' }),
  },
  { description: 'The response to a change of a card.' },
)
/** @interface */
export type CardReceipt = Static<typeof CardReceipt>
