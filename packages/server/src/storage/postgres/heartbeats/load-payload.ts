/** A load as exchanged between nodes. */
export interface LoadReport {
  readonly agentId: string
  /** 0 (idle) to 1 (full), or null. */
  readonly load: number | null
  /** Unix time of the heartbeat that reported it, in milliseconds, by the clock of the database. */
  readonly atMs: number
}

/** Most bytes of a payload: PostgreSQL accepts less than 8000. */
const PAYLOAD_BYTES = 7900

/**
 * Encodes loads as payloads of notifications. The first line contains the node and a time; each other line
 * contains an agent, its load or `-`, and how many milliseconds before that time it reported the load.
 */
export function loadPayloads(node: string, reports: readonly LoadReport[]): string[] {
  const newestMs = reports.reduce((newest, { atMs }) => Math.max(newest, atMs), 0)
  const head = `${node} ${newestMs}`
  const payloads: string[] = []
  let payload = head
  for (const { agentId, load, atMs } of reports) {
    // All characters are ASCII, so the length is the number of bytes.
    const line = `\n${agentId} ${load ?? '-'} ${newestMs - atMs}`
    if (payload.length + line.length > PAYLOAD_BYTES) {
      payloads.push(payload)
      payload = head
    }
    payload += line
  }
  return payload === head ? payloads : [...payloads, payload]
}

/** Decodes a payload of {@link loadPayloads}. */
export function loadsIn(payload: string): { node: string; reports: LoadReport[] } {
  const [head = '', ...lines] = payload.split('\n')
  const [node = '', newestMs] = head.split(' ')
  const reports = lines.map((line) => {
    const [agentId = '', load, beforeMs] = line.split(' ')
    const atMs = Number(newestMs) - Number(beforeMs)
    return { agentId, load: load === '-' ? null : Number(load), atMs }
  })
  return { node, reports }
}
