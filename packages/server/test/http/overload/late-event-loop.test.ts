import { AgentRegistryServer } from '@rollcall/server'
import { expect, test, vi } from 'vitest'

/** Milliseconds for which the event loop is blocked in each of its turns. */
const BLOCKED_MS = 200
const TIMEOUT_MS = 60_000
const CLIENTS = 100
/** An origin whose pages may use the registry. */
const PAGE = 'https://app.example'

/** Keeps sending requests that are never refused, until it is disposed of: a registry without requests is not overloaded. */
function keepAsking(url: string): Disposable {
  let isOver = false
  const ask = async () => {
    while (!isOver) await (await fetch(`${url}/health/live`)).text()
  }
  for (let client = 0; client < CLIENTS; client++) void ask().catch(() => undefined)
  return {
    [Symbol.dispose]: () => {
      isOver = true
    },
  }
}

/** Keeps the event loop late until it is disposed of. */
function blockEventLoop(): Disposable {
  let isOver = false
  const block = (): void => {
    const until = performance.now() + BLOCKED_MS
    while (performance.now() < until);
    if (!isOver) setImmediate(block)
  }
  block()
  return {
    [Symbol.dispose]: () => {
      isOver = true
    },
  }
}

const REGISTRATION = JSON.stringify({
  agent_id: 'agent-1',
  agent_name: 'Agent',
  host: '127.0.0.1',
  port: 8000,
  ttl_seconds: 60,
})

test('a registry whose event loop is late refuses work, keeps its agents, and serves everything afterwards', {
  timeout: 2 * TIMEOUT_MS,
}, async () => {
  // How much of a processor this process gets depends on the machine.
  using _usage = vi
    .spyOn(process, 'cpuUsage')
    .mockImplementation(() => ({ user: performance.now() * 1000, system: 0 }))
  await using server = new AgentRegistryServer('memory:', { corsOrigins: [PAGE] })
  const url = await server.listen({ port: 0 })
  const json = { 'content-type': 'application/json' }
  const register = () =>
    fetch(`${url}/agents/register`, { method: 'POST', headers: json, body: REGISTRATION })
  const beat = () => fetch(`${url}/agents/agent-1/heartbeat`, { method: 'POST' })
  const health = async () => (await fetch(`${url}/health`)).json()
  const until = { timeout: TIMEOUT_MS, interval: 100 }
  expect((await register()).status).toBe(200)
  {
    using _late = blockEventLoop()
    using _asking = keepAsking(url)
    await expect.poll(health, until).toMatchObject({
      overload: { refused_reads: 1, refused_changes: 1 },
    })
    expect((await fetch(`${url}/agents`)).status).toBe(503)
    const toPage = await fetch(`${url}/agents`, { headers: { origin: PAGE } })
    expect([toPage.status, toPage.headers.get('access-control-allow-origin')]).toEqual([503, PAGE])
    expect(Number(toPage.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await fetch(`${url}/events?snapshot=true`)).status).toBe(503)
    expect((await register()).status).toBe(503)
    // On a busy machine, a share of the heartbeats may be refused as well: at most half.
    expect([(await beat()).status, (await beat()).status]).toContain(200)
    const interval = async () => {
      const receipt = (await (await beat()).json()) as { heartbeat_interval_seconds?: number }
      return receipt.heartbeat_interval_seconds
    }
    await expect.poll(interval, until).toBe(30)
    const batch = async () => {
      const body = JSON.stringify({ agent_ids: ['agent-1'] })
      return (
        await fetch(`${url}/agents/heartbeats`, { method: 'POST', headers: json, body })
      ).json()
    }
    await expect.poll(batch, until).toMatchObject({ ok: 1, heartbeat_interval_factor: 1.5 })
    const metrics = await (await fetch(`${url}/metrics`)).text()
    expect(metrics).toMatch(/^rollcall_shed_ratio\{class="change"\} 1$/m)
    expect(metrics).toMatch(/^rollcall_requests_shed_total\{class="read"\} 3$/m)
  }
  await expect.poll(health, until).toMatchObject({ overload: null, active_agents: 1 })
  expect((await fetch(`${url}/agents`)).status).toBe(200)
  const registered = await register()
  expect(await registered.json()).toMatchObject({ heartbeat_interval_seconds: 20 })
})
