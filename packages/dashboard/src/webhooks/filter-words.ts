import type { WebhookFilter } from '../registry/webhook-calls.ts'

type Value = WebhookFilter[string]

const all = new Intl.ListFormat('en', { type: 'conjunction' })
const any = new Intl.ListFormat('en', { type: 'disjunction' })

/** Parts of a filter that say more than their name and all of their values. */
const WORDS: Readonly<Record<string, (value: Value) => string>> = {
  agent_id: (value) => `id ${any.format(texts(value))}`,
  status: (value) => `status ${any.format(texts(value))}`,
  q: (value) => `words “${value}”`,
  include_dead: () => 'also expired',
}

/** Says which agents a filter selects. Parts that this page does not know are shown by their names. */
export function filterWords(filter: WebhookFilter): string {
  const parts = Object.entries(filter)
    .filter(([, value]) => value !== false && texts(value).length > 0)
    .map(([name, value]) => WORDS[name]?.(value) ?? `${name} ${all.format(texts(value))}`)
  return parts.length === 0 ? 'all agents' : parts.join('; ')
}

function texts(value: Value): string[] {
  return [value].flat().map(String)
}
