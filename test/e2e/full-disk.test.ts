// A full disk: nothing that needs the disk is acknowledged, everything else continues, and the
// registry recovers by itself once there is space. Linux only: elsewhere the limit of a running
// process cannot be lifted.
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Agent, HeartbeatReceipt, ProblemDetails } from '@rollcall/protocol'
import { describe, expect, test, vi } from 'vitest'
import { AcknowledgedLedger } from './support/acknowledged-ledger.ts'
import { type Answer, type HttpClient, registration } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { type SmallDisk, smallDiskWays } from './support/small-disk.ts'
import { sqliteUrl } from './support/temporary-folder.ts'

const CONNECTIONS = 64
/** Metadata large enough to exhaust the space soon. */
const LARGE: Record<string, unknown> = { text: 'x'.repeat(3900) }
/** How often the registry writes by itself. */
const OFTEN = { flushSeconds: 0.1 }
const BY_DEFAULT = { flushSeconds: 1 }

function start(
  disk: SmallDisk,
  { flushSeconds, under = disk.under }: { flushSeconds: number; under?: readonly string[] },
): Promise<RegistryProcess> {
  const args = ['--heartbeat-flush-interval', `${flushSeconds}`]
  const db = sqliteUrl(disk.file)
  return RegistryProcess.start({ cwd: dirname(disk.file), db, args, under })
}

function register(http: HttpClient, agentId: string, metadata = LARGE) {
  const agent = registration(agentId, { metadata, ttl_seconds: 3600 })
  return http.send<ProblemDetails>('POST', '/agents/register', agent)
}

function expectUnavailable({ status, headers, body }: Answer<ProblemDetails>): void {
  expect(status).toBe(503)
  expect(body).toMatchObject({ status: 503, code: 'STORAGE_UNAVAILABLE' })
  expect(headers['content-type']).toContain('application/problem+json')
  expect(Number(headers['retry-after'])).toBeGreaterThan(0)
}

/** Registers agents until one is rejected. Returns the acknowledged ones. */
async function registerUntilRejected(http: HttpClient, prefix: string, metadata = LARGE) {
  const acknowledged: string[] = []
  for (let count = 1000; ; count++) {
    const response = await register(http, `${prefix}-${count}`, metadata)
    if (response.status !== 200) {
      expectUnavailable(response)
      return acknowledged
    }
    acknowledged.push(`${prefix}-${count}`)
  }
}

/**
 * Fills a disk until there is no space even for the few bytes that the registry writes by itself
 * now and then: until it stays unready. Returns the acknowledged agents.
 */
async function fillDisk(http: HttpClient): Promise<string[]> {
  const acknowledged = await registerUntilRejected(http, 'large')
  for (let round = 100; ; round++) {
    // Longer than between two checkpoints, which make room in the write-ahead log.
    await sleep(6000)
    if ((await statusOf(http, '/health/ready')) === 503) return acknowledged
    acknowledged.push(...(await registerUntilRejected(http, `round-${round}-large`)))
    acknowledged.push(...(await registerUntilRejected(http, `round-${round}-small`, {})))
  }
}

async function agentIds(http: HttpClient, path = '/agents'): Promise<string[]> {
  const { status, body } = await http.get<Agent[]>(path)
  expect(status).toBe(200)
  return body.map(({ agent_id }) => agent_id)
}

async function statusOf(http: HttpClient, path: string): Promise<number> {
  return (await http.get(path)).status
}

async function waitUntilReady(http: HttpClient): Promise<void> {
  const deadline = Date.now() + 3000
  while ((await statusOf(http, '/health/ready')) !== 200) {
    if (Date.now() > deadline) throw new Error('not ready 3 s after space was freed')
    await sleep(50)
  }
}

/** Changes agents on all connections until each has been rejected several times. */
async function changeUntilRejected(http: HttpClient, ledger: AcknowledgedLedger): Promise<void> {
  const connections = Array.from({ length: CONNECTIONS }, async (_, connection) => {
    let came = false
    for (let turn = 0, rejections = 0; rejections < 5; turn++) {
      // Every third change deregisters the agent before; the others differ in size.
      const leaves = turn % 3 === 2
      const agentId = `agent-${connection}-${leaves ? turn - 1 : turn}`
      const change = ledger.send(agentId, leaves ? 'absent' : 8000)
      const { status } = leaves
        ? await http.send('DELETE', `/agents/${agentId}`)
        : await register(http, agentId, turn % 3 === 0 ? LARGE : {})
      if (status === 200) change.acknowledged()
      else change.rejected()
      if (status === 503) rejections++
      else expect(status).toBe(leaves && !came ? 404 : 200)
      came = status === 200
    }
  })
  await Promise.all(connections)
}

async function heldPorts(http: HttpClient): Promise<Map<string, number>> {
  const { body } = await http.get<Agent[]>('/agents?include_dead=true')
  return new Map(body.map(({ agent_id, port }) => [agent_id, port]))
}

// Filling a disk takes several checkpoints.
vi.setConfig({ testTimeout: 180_000 })

describe.skipIf(process.platform !== 'linux').each(smallDiskWays())(
  'with $title (Linux only: elsewhere the limit of a running process cannot be lifted)',
  ({ make }) => {
    test.concurrent('a full disk stops only what must be durable', async () => {
      using disk = make()
      await using registry = await start(disk, OFTEN)
      const { http } = registry
      const acknowledged = await fillDisk(http)
      const [first = '', second = ''] = acknowledged
      const { body: before } = await http.get<Agent>(`/agents/${first}`)

      // Long enough for several attempts to flush heartbeats, none of which changes anything.
      for (let probe = 0; probe < 10; probe++, await sleep(100)) {
        expectUnavailable(await register(http, `rejected-${probe}`))
        expectUnavailable(await register(http, first, { changed: true }))
        expectUnavailable(await http.send('DELETE', `/agents/${second}`))
        expectUnavailable(await http.get('/health/ready'))
        expect(await statusOf(http, '/health/live')).toBe(200)
        expect(await statusOf(http, `/agents/${second}`)).toBe(200)
        expect(await agentIds(http)).toEqual(acknowledged)
        const beat = await http.send<HeartbeatReceipt>('POST', `/agents/${first}/heartbeat`)
        expect(beat.status).toBe(200)
        expect(Date.parse(beat.body.expires_at)).toBeGreaterThan(Date.parse(before.expires_at))
      }
      const { body: after } = await http.get<Agent>(`/agents/${first}`)
      expect(after).toMatchObject({ metadata: before.metadata, revision: before.revision })
      expect((await http.send('POST', '/agents/unknown/heartbeat')).status).toBe(404)
    })

    test.concurrent('once there is space everything recovers, and nothing was lost', async () => {
      using disk = make()
      await using registry = await start(disk, BY_DEFAULT)
      const { http } = registry
      const acknowledged = await registerUntilRejected(http, 'large')
      const heartbeat = `/agents/${acknowledged[0]}/heartbeat`
      const { body: beat } = await http.send<HeartbeatReceipt>('POST', heartbeat)

      disk.makeRoom(registry)
      await waitUntilReady(http)
      expect((await register(http, 'zz-with-room')).status).toBe(200)
      expect(await agentIds(http)).toEqual([...acknowledged, 'zz-with-room'])
      // After the next flush, so that the heartbeat which the full disk rejected is written, too.
      await sleep(1500)
      await registry.kill()

      await using restarted = await start(disk, { ...BY_DEFAULT, under: [] })
      const allAgents = await agentIds(restarted.http, '/agents?include_dead=true')
      expect(allAgents).toEqual([...acknowledged, 'zz-with-room'])
      const { body: agent } = await restarted.http.get<Agent>(`/agents/${acknowledged[0]}`)
      expect(agent.is_alive).toBe(true)
      expect(Date.parse(agent.last_heartbeat)).toBeGreaterThanOrEqual(
        Date.parse(beat.last_heartbeat),
      )
    })

    test.concurrent('a registry that has to stop on a full disk reports it, and loses no agent', async () => {
      using disk = make()
      await using registry = await start(disk, OFTEN)
      const acknowledged = await fillDisk(registry.http)
      expect(await registry.stop()).toEqual({ code: 1, signal: null })
      expect(registry.output).toContain('some writes failed')

      disk.makeRoom()
      await using restarted = await start(disk, { ...OFTEN, under: [] })
      expect(await agentIds(restarted.http)).toEqual(acknowledged)
    })

    test.concurrent('under load, acknowledged changes are kept and rejected ones are not', async () => {
      using disk = make()
      await using registry = await start(disk, OFTEN)
      const ledger = new AcknowledgedLedger()
      await changeUntilRejected(registry.http, ledger)
      expect(ledger.settle(await heldPorts(registry.http))).toEqual([])

      disk.makeRoom(registry)
      await waitUntilReady(registry.http)
      await registry.kill()
      await using restarted = await start(disk, { ...OFTEN, under: [] })
      expect(ledger.settle(await heldPorts(restarted.http))).toEqual([])
    })

    // An agent that gets "not found" registers again; a fleet that gets it does so all at once.
    test.concurrent('a storage failure is never reported as "not found", however many requests are concurrent', async () => {
      using disk = make()
      await using registry = await start(disk, OFTEN)
      const { http } = registry
      const acknowledged = await fillDisk(http)
      const statuses = new Set<number>()
      const connections = Array.from({ length: CONNECTIONS }, async (_, connection) => {
        const path = `/agents/${acknowledged[connection % 4]}`
        for (let turn = 0; turn < 8; turn++) statuses.add((await http.send('DELETE', path)).status)
      })
      await Promise.all(connections)
      expect([...statuses]).toEqual([503])
      expect(await agentIds(http)).toEqual(acknowledged)
    })
  },
)
