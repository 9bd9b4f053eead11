import type { Agent } from '@rollcall/protocol'
import { EventStreamReader, type FeedMessage } from '../../http/support/event-stream-reader.ts'

/** What a registry makes of the positions that a client holds. */
export interface Outcomes {
  /** Status of the list, and of one agent, with the ETag of before. */
  readonly list: number
  readonly agent: number
  /** How a stream goes on after its last event, and after a position made from the headers. */
  readonly stream: 'resumed' | 'reset'
  readonly since: 'resumed' | 'reset'
  /** Status of the changes after that position, and of the next page of a list. */
  readonly changes: number
  readonly page: number
}

/** Nothing that the client holds is part of the history. */
export const ALL_INVALID: Outcomes = {
  list: 200,
  agent: 200,
  stream: 'reset',
  since: 'reset',
  changes: 410,
  page: 410,
}

/** All of it is, and nothing has changed since. */
export const ALL_CURRENT: Outcomes = {
  list: 304,
  agent: 304,
  stream: 'resumed',
  since: 'resumed',
  changes: 200,
  page: 200,
}

/** All of it is, and something has changed since, but not the agent. */
export const ALL_VALID: Outcomes = { ...ALL_CURRENT, list: 200 }

/** Every kind of position that a client can hold: ETags, ids of events, headers, cursors. */
export class HeldPositions {
  readonly #agentId: string
  readonly #listTag: string
  readonly #agentTag: string
  readonly #since: string
  readonly #lastEventId: string
  readonly #nextPage: string

  private constructor(parts: {
    agentId: string
    list: Headers
    agent: Headers
    lastEventId: string
    firstPage: Headers
  }) {
    const { list, agent, firstPage } = parts
    this.#agentId = parts.agentId
    this.#listTag = list.get('etag') ?? ''
    this.#agentTag = agent.get('etag') ?? ''
    this.#since = `${list.get('x-registry-epoch')}:${list.get('x-registry-revision')}`
    this.#lastEventId = parts.lastEventId
    this.#nextPage = /<(\?[^>]+)>/.exec(firstPage.get('link') ?? '')?.[1] ?? 'no next page'
  }

  /** Reads the positions of a registry that has at least two agents, one of them with the given id. */
  static async of(url: string, agentId: string): Promise<HeldPositions> {
    await using stream = await EventStreamReader.open(url, 'snapshot=true')
    const lastEventId = (await stream.untilSynced()).at(-1)?.id ?? ''
    const headersOf = async (path: string) => (await fetch(`${url}${path}`)).headers
    return new HeldPositions({
      agentId,
      lastEventId,
      list: await headersOf('/agents'),
      agent: await headersOf(`/agents/${agentId}`),
      firstPage: await headersOf('/agents?limit=1'),
    })
  }

  /** The last event id of a stream. */
  get lastEventId(): string {
    return this.#lastEventId
  }

  /** Uses all of them with a registry. */
  async outcomesAt(url: string): Promise<Outcomes> {
    const statusOf = async (path: string, headers: Record<string, string> = {}) =>
      (await fetch(`${url}${path}`, { headers })).status
    return {
      list: await statusOf('/agents', { 'if-none-match': this.#listTag }),
      agent: await statusOf(`/agents/${this.#agentId}`, { 'if-none-match': this.#agentTag }),
      stream: await continued(url, '', { 'last-event-id': this.#lastEventId }),
      since: await continued(url, `since=${this.#since}`),
      changes: await statusOf(`/events?since=${this.#since}`),
      page: await statusOf(`/agents${this.#nextPage}`),
    }
  }
}

async function continued(url: string, query: string, headers: Record<string, string> = {}) {
  for (;;) {
    await using stream = await EventStreamReader.open(url, query, headers)
    const types = (await untilOver(stream)).map(({ type }) => type)
    // The node has just noticed that the history was replaced: clients connect again.
    if (types.at(-1) === 'closing') continue
    return types.includes('reset') ? 'reset' : 'resumed'
  }
}

/** Returns the agents that a registry lists, with the revision of each. */
export async function listedBy(url: string): Promise<string[]> {
  const agents = (await (await fetch(`${url}/agents`)).json()) as Agent[]
  return agents.map(({ agent_id: id, revision }) => `${id} ${revision}`)
}

/** Returns the events up to and including `synced`, or the end of the stream. */
async function untilOver(stream: EventStreamReader) {
  for (let events: FeedMessage[] = []; ; ) {
    const event = await stream.next()
    events = [...events, event]
    if (event.type === 'synced' || event.type === 'closing') return events
  }
}
