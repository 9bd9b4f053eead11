// SIGTERM and SIGINT under load: every acknowledged change is on disk, no client gets an unexpected
// response, and no client can keep the registry from exiting.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Agent, HeartbeatReceipt } from '@rollcall/protocol'
import { describe, expect, test } from 'vitest'
import { type FreshStore, freshStore } from '../stores/fresh-store.ts'
import { AcknowledgedLedger } from './support/acknowledged-ledger.ts'
import { type HttpClient, isConnectionLost, registration } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'

const CONNECTIONS = 64
const AGENTS_PER_CONNECTION = 5

/** What clients observed until the registry exited. */
interface Seen {
  /** The last acknowledged heartbeat of each agent; Unix ms. */
  readonly lastHeartbeats: Map<string, number>
  /** Number of responses by status. */
  readonly statuses: Map<number, number>
}

async function registerAll(http: HttpClient): Promise<string[]> {
  const ids = Array.from({ length: CONNECTIONS * AGENTS_PER_CONNECTION }, (_, i) => `agent-${i}`)
  const responses = await Promise.all(
    ids.map((agentId) => http.send('POST', '/agents/register', registration(agentId))),
  )
  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]))
  return ids
}

/** Registers agents continuously, on all connections, until the registry is unreachable. */
async function registerUntilClosed(http: HttpClient, ledger: AcknowledgedLedger): Promise<void> {
  await untilClosed(async (connection) => {
    for (let turn = 0; ; turn++) {
      const agentId = `agent-${connection}-${turn}`
      const change = ledger.send(agentId, 8000)
      const { status } = await http.send('POST', '/agents/register', registration(agentId))
      if (status === 200) change.acknowledged()
      else change.rejected()
      if (status !== 200 && status !== 503) throw new Error(`registration returned ${status}`)
    }
  })
}

/** Sends heartbeats continuously, on all connections, until the registry is unreachable. */
async function beatUntilClosed(http: HttpClient, agentIds: readonly string[], seen: Seen) {
  await untilClosed(async (connection) => {
    const own = agentIds.filter((_, index) => index % CONNECTIONS === connection)
    for (let turn = 0; ; turn++) {
      const agentId = own[turn % own.length] ?? ''
      // Every third reports a load: those take another path through the server.
      const report = turn % 3 === 0 ? { load: (turn % 10) / 10 } : undefined
      const path = `/agents/${agentId}/heartbeat`
      const { status, body } = await http.send<HeartbeatReceipt>('POST', path, report)
      seen.statuses.set(status, (seen.statuses.get(status) ?? 0) + 1)
      if (status === 200) seen.lastHeartbeats.set(agentId, Date.parse(body.last_heartbeat))
    }
  })
}

/** Runs on all connections until they are lost; any other error fails the test. */
async function untilClosed(work: (connection: number) => Promise<void>): Promise<void> {
  const connections = Array.from({ length: CONNECTIONS }, (_, connection) => work(connection))
  for (const ended of await Promise.allSettled(connections)) {
    if (ended.status === 'rejected' && !isConnectionLost(ended.reason)) throw ended.reason
  }
}

/** Starts a registry on a store and returns its agents. */
async function agentsIn(store: FreshStore): Promise<Agent[]> {
  await using registry = await RegistryProcess.start({ cwd: store.folder, db: store.url })
  return (await registry.http.get<Agent[]>('/agents?include_dead=true')).body
}

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  test('during heartbeats loses no acknowledged heartbeat', async () => {
    await using store = await freshStore()
    // The flush interval is a minute, so the shutdown has to write the heartbeats.
    const args = ['--heartbeat-flush-interval', '60']
    const options = { cwd: store.folder, db: store.url, args }
    await using registry = await RegistryProcess.start(options)
    const agentIds = await registerAll(registry.http)
    const seen: Seen = { lastHeartbeats: new Map(), statuses: new Map() }
    const traffic = beatUntilClosed(registry.http, agentIds, seen)
    await sleep(1000)
    // Longer only on a busy machine.
    await expect.poll(() => seen.lastHeartbeats.size).toBe(agentIds.length)

    registry.signal(signal)
    const exit = await registry.exit
    expect(exit).toEqual({ code: 0, signal: null })
    await traffic

    expect([...seen.statuses.keys()].filter((status) => status !== 200 && status !== 503)).toEqual(
      [],
    )
    const kept = new Map((await agentsIn(store)).map((agent) => [agent.agent_id, agent]))
    const lost = [...seen.lastHeartbeats].filter(
      ([id, at]) => !(Date.parse(kept.get(id)?.last_heartbeat ?? '') >= at),
    )
    expect(lost).toEqual([])
    const responses = [...seen.statuses].map(([status, times]) => `${times} with ${status}`)
    console.log(`${signal} during heartbeats: responses ${responses.join(', ')}; none lost`)
  })

  test('during registrations loses no acknowledged registration', async () => {
    await using store = await freshStore()
    await using registry = await RegistryProcess.start({ cwd: store.folder, db: store.url })
    const ledger = new AcknowledgedLedger()
    const traffic = registerUntilClosed(registry.http, ledger)
    await sleep(500)
    const registrations = () => ledger.acknowledged.registrations
    await expect.poll(registrations).toBeGreaterThan(CONNECTIONS)
    registry.signal(signal)
    expect(await registry.exit).toEqual({ code: 0, signal: null })
    await traffic
    const kept = await agentsIn(store)
    expect(ledger.settle(new Map(kept.map((agent) => [agent.agent_id, agent.port])))).toEqual([])
  })
})

/** Opens a connection, sends some data and leaves it open. */
async function openConnection(port: number, sent: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  // Any way of closing the connection is acceptable here.
  socket.on('error', () => undefined)
  socket.resume()
  await once(socket, 'connect')
  socket.write(sent)
  return socket
}

/**
 * A registry that fails to stop within five seconds by its own clock reports it, and exits with 1.
 */
const CLEAN_EXIT = { code: 0, signal: null }

test.concurrent('idle connections do not delay the shutdown', async () => {
  await using store = await freshStore()
  await using registry = await RegistryProcess.start({ cwd: store.folder, db: store.url })
  const connections = [
    await openConnection(registry.port, ''),
    await openConnection(registry.port, 'GET /health HTTP/1.1\r\nHost: a\r\n\r\n'),
  ]
  await sleep(200)
  expect(await registry.stop()).toEqual(CLEAN_EXIT)
  for (const connection of connections) connection.destroy()
})

test.concurrent('incomplete requests delay it for less than five seconds', async () => {
  await using store = await freshStore()
  await using registry = await RegistryProcess.start({ cwd: store.folder, db: store.url })
  const head = 'POST /agents/register HTTP/1.1\r\nHost: a\r\n'
  const length = 'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n'
  const connections = [
    await openConnection(registry.port, `${head}Content-`),
    await openConnection(registry.port, `${head}${length}{"agent_id":`),
  ]
  await sleep(200)
  expect(await registry.stop()).toEqual(CLEAN_EXIT)
  for (const connection of connections) connection.destroy()
})

test.concurrent('a signal repeated at once counts once: npm forwards Ctrl-C', async () => {
  await using store = await freshStore()
  await using registry = await RegistryProcess.start({ cwd: store.folder, db: store.url })
  registry.signal('SIGINT')
  expect(await registry.stop('SIGINT')).toEqual({ code: 0, signal: null })
})

test.concurrent('a later second signal exits at once, with an error', async () => {
  await using store = await freshStore()
  await using registry = await RegistryProcess.start({ cwd: store.folder, db: store.url })
  // Delays the first shutdown.
  const incomplete = await openConnection(registry.port, 'POST /agents/register HTTP/1.1\r\nHos')
  await sleep(200)
  registry.signal('SIGTERM')
  await sleep(1000)
  expect(await registry.stop('SIGINT')).toEqual({ code: 1, signal: null })
  // It was not the limit of five seconds that ended it.
  expect(registry.output).not.toContain('could not stop')
  incomplete.destroy()
})
