import { mapDetailFilters } from '@rollcall/protocol'
import type { WebhookFilter } from '@rollcall/server'
import { type FilterOptions, toFilter } from './filter-options.ts'

/** Converts the options that select agents to the filter of a webhook. */
export function toWebhookFilter(options: FilterOptions): WebhookFilter {
  const filter = toFilter(options)
  const details = mapDetailFilters(({ name, wireName }) => [wireName, Reflect.get(filter, name)])
  const given = {
    agent_id: listOf(filter.agentId),
    name: filter.name,
    capability: listOf(filter.capability),
    tag: listOf(filter.tag),
    status: listOf(filter.status),
    ...Object.fromEntries(Object.values(details)),
    metadata:
      filter.metadata && Object.entries(filter.metadata).map(([key, value]) => `${key}:${value}`),
    q: filter.q,
    include_dead: filter.includeDead,
  } satisfies { readonly [Name in keyof WebhookFilter]: unknown }
  // Those that were not given are absent in JSON.
  return given
}

function listOf<Value extends string>(value: Value | readonly Value[] | undefined) {
  return value === undefined ? undefined : ([value].flat() as Value[])
}
