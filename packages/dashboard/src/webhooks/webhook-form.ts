import type { ViewStatus } from '@rollcall/protocol'
import { shellQuoted } from '../components/shell-quoted.ts'
import { listIn, patternsIn } from '../components/word-list.ts'
import type { WebhookRequest } from '../registry/webhook-calls.ts'

/** What a user has filled in. */
export interface WebhookForm {
  readonly url: string
  /** Ids, or beginnings of ids with a `*`, separated by commas or spaces; empty: all. */
  readonly ids: string
  /** Separated by commas, as everything below. */
  readonly capabilities: string
  readonly tags: string
  /** Values in the metadata, as `KEY:VALUE`. */
  readonly metadata: string
  /** None: all. */
  readonly statuses: readonly ViewStatus[]
}

/** Converts a form. What is empty is no condition. */
export function requestOf({ url, statuses, ...texts }: WebhookForm): WebhookRequest {
  const conditions = {
    agent_id: patternsIn(texts.ids),
    capability: listIn(texts.capabilities),
    tag: listIn(texts.tags),
    metadata: listIn(texts.metadata),
    status: statuses,
  }
  const given = Object.entries(conditions).filter(([, values]) => values.length > 0)
  return { url: url.trim(), ...(given.length > 0 && { filter: Object.fromEntries(given) }) }
}

/** The options of the command, by the names of the wire. */
const OPTIONS: Readonly<Record<string, string>> = { agent_id: 'id' }

/** The command that creates the same webhook. */
export function commandOf(registryUrl: string, { url, filter = {} }: WebhookRequest): string {
  const options = Object.entries(filter).flatMap(([name, values]) =>
    [values]
      .flat()
      .map((value) => `--${OPTIONS[name] ?? name} ${shellQuoted(argument(name, `${value}`))}`),
  )
  const command = `rollcall webhook create ${shellQuoted(url)} --registry ${registryUrl}`
  return [command, ...options].join(' \\\n  ')
}

/** The command separates a key from its value by `=`. */
function argument(name: string, value: string): string {
  return name === 'metadata' ? value.replace(':', '=') : value
}
