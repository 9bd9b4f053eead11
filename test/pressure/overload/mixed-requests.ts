import { requestBytes } from '../raw-client.ts'
import { registrationBytes } from '../registration-bytes.ts'

/** Prepared writes of each kind; their requests differ. */
const WRITES = 500
/** Agents of the crowd that requests are about. */
const CROWD_AGENTS = 1000
/** Agents that are registered again and again, each time with other metadata, and deregistered. */
const CHANGED_AGENTS = 500
const AGENTS_PER_BATCH = 10
/** One of so many changes is a deregistration. */
const CHANGES_PER_DEREGISTRATION = 5

/** What one write to a connection contains. */
interface MixedKind {
  readonly requests: number
  /** @param turn counts the requests of the kind */
  readonly bytes: (turn: number) => Buffer
}

/**
 * What a fleet and its clients send, each kind on connections of its own as from different clients: requests of one
 * connection wait for each other. A mix is one write of each. Streams need a connection each and are not among them.
 */
const KINDS: readonly MixedKind[] = [
  { requests: 1, bytes: heartbeatBytes },
  { requests: 1, bytes: heartbeatBytes },
  { requests: 1, bytes: changeBytes },
  { requests: 1, bytes: readBytes },
]

/** Requests of one kind, encoded in advance: sending them takes next to nothing. */
export interface MixedWrites {
  readonly requests: number
  readonly writes: readonly Buffer[]
}

/** Encodes all writes of each kind. */
export function mixedWrites(): MixedWrites[] {
  return KINDS.map(({ requests, bytes }) => ({
    requests,
    writes: Array.from({ length: WRITES }, (_, write) => {
      const turns = Array.from({ length: requests }, (_, index) => write * requests + index)
      return Buffer.concat(turns.map(bytes))
    }),
  }))
}

const crowdAgent = (turn: number) => `crowd-${turn % CROWD_AGENTS}`

/** One of ten is a batch. */
function heartbeatBytes(turn: number): Buffer {
  if (turn % 10 > 0) return requestBytes('POST', `/agents/${crowdAgent(turn)}/heartbeat`)
  const agent_ids = Array.from({ length: AGENTS_PER_BATCH }, (_, index) => crowdAgent(turn + index))
  return requestBytes('POST', '/agents/heartbeats', { body: JSON.stringify({ agent_ids }) })
}

function changeBytes(turn: number): Buffer {
  const agent = `changed-${turn % CHANGED_AGENTS}`
  if (turn % CHANGES_PER_DEREGISTRATION === 0) return requestBytes('DELETE', `/agents/${agent}`)
  return registrationBytes(agent, { metadata: { turn } })
}

/** Of nine, six read one agent. */
function readBytes(turn: number): Buffer {
  const agent = crowdAgent(turn)
  switch (turn % 9) {
    case 0:
      return requestBytes('GET', '/agents?limit=20')
    case 3:
      return requestBytes('GET', `/agents?capability=search&q=researcher+${10_000 + turn}&limit=20`)
    case 6:
      return requestBytes('GET', '/events?limit=20')
    default:
      return requestBytes('GET', `/agents/${agent}`)
  }
}
