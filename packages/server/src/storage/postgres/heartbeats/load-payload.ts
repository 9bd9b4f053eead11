/** A load as nodes send it to each other. */
export interface LoadReport {
  readonly agentId: string
  /** 0 (idle) to 1 (full), or null. */
  readonly load: number | null
  /** The heartbeat that reported it, in Unix milliseconds by the clock of the database. */
  readonly atMs: number
}

/** Bytes of a notification: PostgreSQL takes less than 8000. */
const PAYLOAD_BYTES = 7900

/**
 * Loads as payloads of notifications. The first line names the node and a time; each other line is
 * an agent, its load or `-`, and how many milliseconds before that time it reported it.
 */
export function loadPayloads(node: string, reports: readonly LoadReport[]): string[] {
  const newestMs = reports.reduce((newest, { atMs }) => Math.max(newest, atMs), 0)
  const head = `${node} ${newestMs}`
  const payloads: string[] = []
  let payload = head
  for (const { agentId, load, atMs } of reports) {
    // All of it is ASCII, so that characters are bytes.
    const line = `\n${agentId} ${load ?? '-'} ${newestMs - atMs}`
    if (payload.length + line.length > PAYLOAD_BYTES) {
      payloads.push(payload)
      payload = head
    }
    payload += line
  }
  return payload === head ? payloads : [...payloads, payload]
}

/** Reads a payload of {@link loadPayloads}. */
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
