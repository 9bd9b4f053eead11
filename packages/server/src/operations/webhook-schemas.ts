import { LIMITS } from '@rollcall/protocol'
import {
  boolean,
  integer,
  nullable,
  object,
  oneOf,
  optional,
  type Schema,
  type Static,
  text,
} from '@rollcall/protocol/json-schema'
import { AGENT_FILTER } from './operation-parameters.ts'

/** How the deliveries of a webhook are going. */
export type WebhookState = 'active' | 'failing' | 'disabled'
const WEBHOOK_STATES = ['active', 'failing', 'disabled'] as const satisfies readonly WebhookState[]

/** 24 to 64 bytes in Base64, as Standard Webhooks has it. */
const WEBHOOK_SECRET_PATTERN = '^whsec_(?:[A-Za-z0-9+/]{4}){8,22}(?:[A-Za-z0-9+/]{2,3}={0,2})?$'

export const WebhookId = text({
  pattern: '^[0-9a-f]{12}$',
  patternErrorMessage: 'must be the id of a webhook: 12 hexadecimal digits',
  description: 'The id of the webhook.',
  examples: ['8d20b45e91f3'],
})

type FilterSchemas = typeof AGENT_FILTER
type FilterProperties = {
  readonly [Name in keyof FilterSchemas]: ReturnType<typeof optional<FilterSchemas[Name]>>
}
const filterProperties = Object.fromEntries(
  Object.entries<Schema>(AGENT_FILTER).map(([name, schema]) => [name, optional(schema)]),
) as FilterProperties

/** Selects the agents of a webhook: the query parameters of `GET /events`, as JSON. */
export const WebhookFilter = object(filterProperties, {
  additionalProperties: false,
  description:
    'Selects agents, by the parameters of `GET /events`; a parameter that can be repeated is a list. Default: all agents.',
})
/** @interface */
export type WebhookFilter = Static<typeof WebhookFilter>

const url = text({
  minLength: 1,
  maxLength: LIMITS.urlCharacters,
  description:
    'Where events are sent: http(s), without credentials and fragment. Addresses of private networks and of the machine ' +
    'itself are refused unless `--webhook-networks` has them.',
  examples: ['https://hooks.example/rollcall'],
})
const secret = (more = '') =>
  text({
    pattern: WEBHOOK_SECRET_PATTERN,
    patternErrorMessage: 'must be whsec_ and 24 to 64 bytes in Base64',
    description: `The key of the signatures: \`whsec_\` and 24 to 64 bytes in Base64.${more}`,
  })
const enabled = boolean({ description: 'Whether events are sent; default true.' })

/** What an operator sends to create a webhook. */
export const WebhookRequest = object(
  {
    url,
    filter: optional(WebhookFilter),
    secret: optional(secret(' Default: a new one, which is in the response and nowhere else.')),
    enabled: optional(enabled),
  },
  { additionalProperties: false, description: 'A webhook to create.' },
)
/** @interface */
export type WebhookRequest = Static<typeof WebhookRequest>

/** What an operator sends to change a webhook. */
export const WebhookPatch = object(
  {
    url: optional(url),
    filter: optional(WebhookFilter),
    secret: optional(secret()),
    enabled: optional(enabled),
  },
  {
    additionalProperties: false,
    minProperties: 1,
    description:
      'What changes of a webhook; what is absent stays. A `filter` replaces the whole filter.',
  },
)
/** @interface */
export type WebhookPatch = Static<typeof WebhookPatch>

const shown = {
  id: WebhookId,
  url,
  filter: WebhookFilter,
  enabled,
  state: oneOf(WEBHOOK_STATES, {
    description:
      '`failing`: the next event was not accepted, and is sent again. `disabled`: by an operator, or because events were ' +
      'not accepted; then `last_error` says why.',
  }),
  failing_since: nullable(
    text({ format: 'date-time', description: 'The first attempt that failed since.' }),
  ),
  last_error: nullable(text({ description: 'What happened to the last of these attempts.' })),
  last_delivery_at: nullable(
    text({ format: 'date-time', description: 'When an event was accepted last.' }),
  ),
  position: text({
    description:
      'Everything up to this position was accepted: as `since` of `GET /events`. Up to a second old.',
    examples: ['kSxYb1Qz:42'],
  }),
  created_at: text({ format: 'date-time', description: 'When it was created.' }),
  created_by: text({ description: 'Who has created it.' }),
}

/** A webhook, without its secret. */
export const Webhook = object(shown, { description: 'A webhook, without its secret.' })
/** @interface */
export type Webhook = Static<typeof Webhook>

/** A webhook that was created. */
export const CreatedWebhook = object(
  { ...shown, secret: secret(' Not shown again.') },
  { description: 'A webhook that was created, with its secret.' },
)
/** @interface */
export type CreatedWebhook = Static<typeof CreatedWebhook>

/** The result of a deletion. */
export const DeletedWebhook = object(
  { id: WebhookId, deleted: boolean({ description: 'Whether there was a webhook with this id.' }) },
  { description: 'The result of a deletion.' },
)
/** @interface */
export type DeletedWebhook = Static<typeof DeletedWebhook>

/** What a receiver has made of an event that was sent to try it. */
export const WebhookTest = object(
  {
    id: WebhookId,
    accepted: boolean({
      description: 'Whether the receiver has responded with a status of 200 to 299.',
    }),
    status: nullable(integer({ description: 'The status of its response; null: there was none.' })),
    error: nullable(text({ description: 'Why the event was not accepted.' })),
  },
  { description: 'What a receiver has made of an event that was sent to try it.' },
)
/** @interface */
export type WebhookTest = Static<typeof WebhookTest>
