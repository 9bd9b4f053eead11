import { describe, expect, test } from 'vitest'
import { AgentRegistryClient, type JoinOptions } from '../src/agent-registry-client.ts'
import { isApiError } from '../src/errors/api-error.ts'
import { isNetworkError } from '../src/errors/network-error.ts'
import { ManualClientClock } from './manual-client-clock.ts'
import { answerJson, answerProblem, ScriptedServer } from './scripted-server.ts'
import { wireAgent } from './wire-agents.ts'

const OK = 200

/** A registry that knows or does not know one agent, and answers as it is told. */
class SmallRegistry implements AsyncDisposable {
  /** The next answers, whatever is asked; when there are none, good ones. */
  readonly trouble: (number | 'never' | 'reset')[] = []
  knowsAgent = false
  readonly server: ScriptedServer

  private constructor(server: ScriptedServer) {
    this.server = server
  }

  static async start(): Promise<SmallRegistry> {
    const server = await ScriptedServer.start((request, response) => {
      const trouble = registry.trouble.shift() ?? OK
      if (trouble === 'never') return
      if (trouble === 'reset') return response.destroy()
      if (trouble !== OK) return answerProblem(response, trouble, 'TROUBLE')
      if (request.method === 'POST' && request.path === '/agents/register') {
        registry.knowsAgent = true
        return answerJson(response, 200, wireAgent('a:1'))
      }
      if (!registry.knowsAgent) return answerProblem(response, 404, 'AGENT_NOT_FOUND')
      if (request.method === 'DELETE') registry.knowsAgent = false
      answerJson(response, 200, {
        status: 'ok',
        ttl_seconds: 60,
        heartbeat_interval_seconds: 20,
        revision: 1,
      })
    })
    const registry = new SmallRegistry(server)
    return registry
  }

  get asked(): string[] {
    return this.server.requests.map(({ method, path }) => `${method} ${path}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
  }
}

const REGISTER = 'POST /agents/register'
const HEARTBEAT = 'POST /agents/a%3A1/heartbeat'
const GOODBYE = 'DELETE /agents/a%3A1'

function options(registry: SmallRegistry, clock: ManualClientClock): JoinOptions {
  return {
    registryUrl: registry.server.url,
    clock,
    agentId: 'a:1',
    agentName: 'A',
    host: '10.0.0.7',
    port: 8001,
    ttlSeconds: 60,
    metadata: { region: 'eu-1' },
    capabilities: ['search', 'plan'],
    version: '1.2',
    url: 'https://a.example/x',
    status: 'busy',
    load: 0.25,
  }
}

/** What a client tells, by name. */
function storyOf(client: AgentRegistryClient): string[] {
  const story: string[] = []
  for (const name of [
    'registered',
    'lost',
    'reregistered',
    'closed',
    'error',
    'recovered',
  ] as const) {
    client.on(name, () => story.push(name))
  }
  return story
}

describe('joining', () => {
  test('registers everything the agent is, and beats a third of the TTL later', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    await using client = await AgentRegistryClient.join(options(registry, clock))
    expect(registry.asked).toEqual([REGISTER])
    expect(registry.server.requests[0]?.body).toEqual({
      agent_id: 'a:1',
      agent_name: 'A',
      host: '10.0.0.7',
      port: 8001,
      ttl_seconds: 60,
      metadata: { region: 'eu-1' },
      capabilities: ['search', 'plan'],
      version: '1.2',
      url: 'https://a.example/x',
      status: 'busy',
      load: 0.25,
    })
    expect(await clock.ring()).toBe(20_000)
    await registry.server.received(2)
    expect(registry.asked).toEqual([REGISTER, HEARTBEAT])
    expect(client.ttlSeconds).toBe(60)
  })

  test('tries on while the registry cannot be reached', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    registry.trouble.push('reset', 503, 500)
    const joining = AgentRegistryClient.join(options(registry, clock))
    expect(await clock.ring()).toBe(125)
    expect(await clock.ring()).toBe(250)
    expect(await clock.ring()).toBe(500)
    await using client = await joining
    expect(client.agentId).toBe('a:1')
    expect(registry.asked).toEqual(Array.from({ length: 4 }, () => REGISTER))
  })

  test('gives up when its time is over, with the last error', async () => {
    const clock = new ManualClientClock()
    clock.chance = 1
    await using registry = await SmallRegistry.start()
    registry.trouble.push('reset', 'reset', 'reset')
    const joining = AgentRegistryClient.join({ ...options(registry, clock), joinTimeoutMs: 700 })
    const failure = expect(joining).rejects.toSatisfy(isNetworkError)
    expect(await clock.ring()).toBe(250)
    await failure
    expect(registry.asked).toHaveLength(2)
  })

  test('does not try again what the registry refuses', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    registry.trouble.push(422)
    await expect(AgentRegistryClient.join(options(registry, clock))).rejects.toSatisfy((error) =>
      isApiError(error, 'TROUBLE'),
    )
    expect(registry.asked).toEqual([REGISTER])
  })

  test('ends at once with the reason of the signal, also between two attempts', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    registry.trouble.push(503)
    const controller = new AbortController()
    const joining = AgentRegistryClient.join({
      ...options(registry, clock),
      signal: controller.signal,
    })
    const reason = new Error('enough')
    const failure = expect(joining).rejects.toBe(reason)
    await clock.timer()
    controller.abort(reason)
    // The clock stands still: whoever waits for the pause to end waits for ever.
    await failure
  }, 2000)
})

describe('an agent that the registry has forgotten', () => {
  test('is registered again with everything, its last status and load too', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    await using client = await AgentRegistryClient.join(options(registry, clock))
    const story = storyOf(client)
    await client.heartbeat({ status: 'ready', load: 0.5 })
    await client.setStatus('draining')
    registry.knowsAgent = false
    await clock.ring()
    await clock.timer()
    expect(registry.asked.slice(3)).toEqual([HEARTBEAT, REGISTER])
    const [first] = registry.server.requests
    expect(registry.server.requests.at(-1)?.body).toEqual({
      ...(first?.body as object),
      status: 'draining',
      load: 0.5,
    })
    expect(story).toEqual(['lost', 'reregistered'])
  })

  test('says what it could not say before, because it was away', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    await using client = await AgentRegistryClient.join(options(registry, clock))
    registry.trouble.push('reset')
    await expect(client.setStatus('draining')).rejects.toSatisfy(isNetworkError)
    registry.knowsAgent = false
    await clock.ring()
    await clock.timer()
    expect(registry.server.requests.at(-1)?.body).toMatchObject({ status: 'draining', load: 0.25 })
  })
})

test('trouble is told once it begins and once it is over', async () => {
  const clock = new ManualClientClock()
  await using registry = await SmallRegistry.start()
  await using client = await AgentRegistryClient.join(options(registry, clock))
  const story = storyOf(client)
  const recoveries: { failures: number; awayMs: number }[] = []
  client.on('recovered', (recovery) => recoveries.push(recovery))
  registry.trouble.push('reset', 500)
  await clock.ring()
  await clock.ring()
  await clock.ring()
  await clock.timer()
  expect(story).toEqual(['error', 'error', 'recovered'])
  expect(recoveries).toEqual([{ failures: 2, awayMs: 375 }])
})

test('a listener that throws harms neither the others nor the heartbeats', async () => {
  const clock = new ManualClientClock()
  const warnings: string[] = []
  await using registry = await SmallRegistry.start()
  await using client = await AgentRegistryClient.join({
    ...options(registry, clock),
    logger: { debug: () => undefined, warn: (message) => warnings.push(message) },
  })
  client.on('error', () => {
    throw new Error('a listener failed')
  })
  const story = storyOf(client)
  registry.trouble.push('reset')
  await clock.ring()
  await clock.ring()
  await clock.timer()
  expect(story).toEqual(['error', 'recovered'])
  expect(warnings.join()).toContain('a listener failed')
})

test('a listener hears no more once it has been taken back', async () => {
  const clock = new ManualClientClock()
  await using registry = await SmallRegistry.start()
  await using client = await AgentRegistryClient.join(options(registry, clock))
  let heard = 0
  const end = client.on('registered', () => heard++)
  await client.register()
  end()
  await client.register()
  expect(heard).toBe(1)
})

describe('closing', () => {
  test('deregisters, once', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    const client = await AgentRegistryClient.join(options(registry, clock))
    const story = storyOf(client)
    await Promise.all([client.close(), client.close()])
    await client[Symbol.asyncDispose]()
    expect(registry.asked).toEqual([REGISTER, GOODBYE])
    expect(story).toEqual(['closed'])
    expect(clock.timers).toEqual([])
  })

  test('takes no longer than 2 s when the registry says nothing, and does not fail', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    const client = await AgentRegistryClient.join(options(registry, clock))
    registry.trouble.push('never')
    const began = performance.now()
    await client.close()
    expect(performance.now() - began).toBeLessThan(2500)
  })

  test('gives up a heartbeat that is under way, and tells no error', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    const client = await AgentRegistryClient.join(options(registry, clock))
    const story = storyOf(client)
    registry.trouble.push('never')
    await clock.ring()
    await registry.server.received(2)
    await client.close()
    expect(registry.asked).toEqual([REGISTER, HEARTBEAT, GOODBYE])
    expect(story).toEqual(['closed'])
  })

  test('is what the signal does', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    const controller = new AbortController()
    const client = await AgentRegistryClient.join({
      ...options(registry, clock),
      signal: controller.signal,
    })
    controller.abort()
    await client.close()
    expect(registry.asked).toEqual([REGISTER, GOODBYE])
    expect(clock.timers).toEqual([])
  })

  test('an agent that the registry does not know is fine', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    const client = await AgentRegistryClient.join(options(registry, clock))
    registry.knowsAgent = false
    expect(await client.deregister()).toBe(false)
    await client.close()
  })
})

test('starting the heartbeats twice sends them once, and not at all after closing', async () => {
  const clock = new ManualClientClock()
  await using registry = await SmallRegistry.start()
  const client = await AgentRegistryClient.join(options(registry, clock))
  client.startHeartbeatLoop()
  expect(clock.timers).toHaveLength(1)
  await client.close()
  client.startHeartbeatLoop()
  expect(clock.timers).toEqual([])
})
