import type { ServerEvent, ServerEventBus } from '@modelcontextprotocol/server'
import type { VisibleAgents } from '../../../access/visible-agents.ts'
import { resourceIn } from '../resource-uris.ts'
import type { ListenRequest } from './listen-request.ts'
import type { Interest, ResourceChanges } from './resource-changes.ts'

/**
 * The source of the notifications of one subscription: only what it asks for, and its caller sees. The SDK has one
 * source for all subscriptions, which would tell each caller about the agents of all others.
 */
export class SubscriptionBus implements ServerEventBus {
  readonly #changes: ResourceChanges
  readonly #visible: VisibleAgents
  readonly #request: ListenRequest

  constructor(
    changes: ResourceChanges,
    { visible, request }: { visible: VisibleAgents; request: ListenRequest },
  ) {
    this.#changes = changes
    this.#visible = visible
    this.#request = request
  }

  /** Nothing is published by the SDK itself. */
  publish(): void {}

  subscribe(listener: (event: ServerEvent) => void): () => void {
    const { uris, listChanged } = this.#request
    const ends = uris.flatMap((uri) => {
      const interest = resourceIn(uri)
      return interest ? [this.#follow(interest, listener, { kind: 'resource_updated', uri })] : []
    })
    if (listChanged) {
      ends.push(this.#follow({ kind: 'members' }, listener, { kind: 'resources_list_changed' }))
    }
    return () => {
      for (const end of ends) end()
    }
  }

  #follow(
    interest: Interest,
    listener: (event: ServerEvent) => void,
    event: ServerEvent,
  ): () => void {
    return this.#changes.subscribe(interest, this.#visible, () => listener(event))
  }
}
