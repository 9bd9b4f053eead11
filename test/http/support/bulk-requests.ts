import { RawConnection } from './raw-connection.ts'

/**
 * Requests pipelined at a time, and their length; more would only fill buffers on both sides. A busy registry would
 * even close the connection: of a request that waits in the middle for those before it, the head comes too late.
 */
const PIPELINED = 200
const PIPELINED_CHARACTERS = 256 * 1024
const CONNECTIONS = 4

/** Registers many agents, pipelined. */
export async function registerMany(
  baseUrl: string,
  registrations: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  const statuses = await sendMany(baseUrl, registrations.map(toRegistration))
  if (statuses.some((status) => status !== 200)) throw new Error(`not all registered: ${statuses}`)
}

/** Deregisters many agents, pipelined, whether or not they exist. */
export async function deregisterMany(baseUrl: string, ids: readonly string[]): Promise<void> {
  await sendMany(
    baseUrl,
    ids.map((id) => `DELETE /agents/${encodeURIComponent(id)} HTTP/1.1\r\nHost: x\r\n\r\n`),
  )
}

/** Sends many plain heartbeats, pipelined; one for each occurrence of an id. */
export async function sendHeartbeats(baseUrl: string, ids: readonly string[]): Promise<void> {
  const statuses = await sendMany(
    baseUrl,
    ids.map((id) => `POST /agents/${id}/heartbeat HTTP/1.1\r\nHost: x\r\n\r\n`),
  )
  if (statuses.some((status) => status !== 200)) throw new Error(`not all known: ${statuses}`)
}

/** Sends requests pipelined over a few connections, and returns the statuses of the responses. */
async function sendMany(baseUrl: string, requests: readonly string[]): Promise<number[]> {
  const shares = Array.from({ length: CONNECTIONS }, (_, share) =>
    requests.filter((_request, index) => index % CONNECTIONS === share),
  )
  return (await Promise.all(shares.map((share) => sendShare(baseUrl, share)))).flat()
}

async function sendShare(baseUrl: string, requests: readonly string[]): Promise<number[]> {
  await using connection = await RawConnection.open(baseUrl)
  const statuses: number[] = []
  for (const group of groupsOf(requests)) {
    connection.send(group.join(''))
    for (const _ of group) statuses.push((await connection.answer({ timeoutMs: 15_000 })).status)
  }
  return statuses
}

function* groupsOf(requests: readonly string[]): Generator<string[]> {
  let group: string[] = []
  let characters = 0
  for (const request of requests) {
    group.push(request)
    characters += request.length
    if (group.length < PIPELINED && characters < PIPELINED_CHARACTERS) continue
    yield group
    group = []
    characters = 0
  }
  if (group.length > 0) yield group
}

function toRegistration(registration: Readonly<Record<string, unknown>>): string {
  const body = JSON.stringify(registration)
  return (
    'POST /agents/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n' +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  )
}
