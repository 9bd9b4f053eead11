import { randomBytes } from 'node:crypto'

const ID_BYTES = 6

/** What an operator decides about a webhook. */
export interface WebhookDefinition {
  /** Where events are sent: http(s), without credentials. */
  readonly url: string
  /** The query parameters of `GET /events` that select agents, by their names on the wire; empty: all agents. */
  readonly filter: object
  /** The key of the signatures: `whsec_` and Base64. */
  readonly secret: string
  /** Whether events are sent. */
  readonly isEnabled: boolean
}

/** How far a webhook has come. */
export interface WebhookProgress {
  /** `BRANCH:REVISION`: everything up to there was accepted. */
  readonly position: string
  /** Unix time in milliseconds of the last event that was accepted; null: none yet. */
  readonly deliveredAtMs: number | null
  /** Why the next event is not accepted; null: none has failed since. */
  readonly failure: WebhookFailure | null
}

/** Attempts that have failed since the last event that was accepted. */
export interface WebhookFailure {
  /** Unix time in milliseconds of the first of them. */
  readonly sinceMs: number
  /** What happened to the last of them. */
  readonly error: string
}

/** A webhook as it is stored. */
export interface Webhook extends WebhookDefinition, WebhookProgress {
  /** Names it in URLs; 12 hexadecimal digits. */
  readonly id: string
  /** Grows with every change by an operator, who may have ended a failure. */
  readonly version: number
  /** Unix time in milliseconds. */
  readonly createdAtMs: number
  /** The name of the principal that has created it. */
  readonly createdBy: string
}

/** What an operator changes; what is absent stays. Ends a failure. */
export type WebhookChange = Partial<WebhookDefinition>

/** Creates a webhook that begins at a position. */
export function newWebhook(
  definition: WebhookDefinition,
  created: { readonly position: string; readonly atMs: number; readonly by: string },
): Webhook {
  const { position, atMs: createdAtMs, by: createdBy } = created
  const id = randomBytes(ID_BYTES).toString('hex')
  const progress = { position, deliveredAtMs: null, failure: null }
  return { id, ...definition, ...progress, version: 1, createdAtMs, createdBy }
}

/** Returns a webhook after a change by an operator. */
export function changedWebhook(webhook: Webhook, change: WebhookChange): Webhook {
  return { ...webhook, ...change, version: webhook.version + 1, failure: null }
}
