// The hook with which an agent looks after its own health.
import { describe, expect, test } from 'vitest'
import { AgentReport } from '../src/agent/agent-report.ts'
import { HealthCheck } from '../src/agent/health-check.ts'
import { AgentRegistryClient } from '../src/agent-registry-client.ts'
import type { JoinOptions } from '../src/options/client-options.ts'
import { ManualClientClock } from './support/manual-client-clock.ts'
import { HEARTBEAT, joinOptions, SmallRegistry } from './support/small-registry.ts'

/** An agent with a check, and what it told of it. */
class CheckedAgent implements AsyncDisposable {
  readonly clock = new ManualClientClock()
  readonly story: string[] = []
  answer: boolean | Error | Promise<boolean> = true
  #registry!: SmallRegistry
  #client!: AgentRegistryClient

  static async join(more: Partial<JoinOptions> = {}): Promise<CheckedAgent> {
    const checked = new CheckedAgent()
    checked.#registry = await SmallRegistry.start()
    checked.#client = await AgentRegistryClient.join({
      ...joinOptions(checked.#registry, checked.clock),
      status: 'ready',
      check: () => {
        if (checked.answer instanceof Error) throw checked.answer
        return checked.answer
      },
      ...more,
    })
    checked.#client.on('checkFailed', ({ reason }) => checked.story.push(reason))
    checked.#client.on('checkPassed', () => checked.story.push('passed'))
    return checked
  }

  get client(): AgentRegistryClient {
    return this.#client
  }

  /** What the next heartbeat says; `none`: it was not sent. */
  async beat(): Promise<string | undefined> {
    const before = this.#registry.asked.length
    await this.clock.ring()
    await this.clock.timer()
    const { requests } = this.#registry.server
    if (requests.length === before) return 'none'
    expect(this.#registry.asked.at(-1)).toBe(HEARTBEAT)
    return (requests.at(-1)?.body as { status?: string } | undefined)?.status
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close()
    await this.#registry[Symbol.asyncDispose]()
  }
}

describe('an agent whose check fails', () => {
  test('reports busy, and ready again when it passes, each once', async () => {
    await using agent = await CheckedAgent.join()
    expect(await agent.beat()).toBeUndefined()
    agent.answer = false
    expect(await agent.beat()).toBe('busy')
    expect(await agent.beat()).toBeUndefined()
    agent.answer = true
    expect(await agent.beat()).toBe('ready')
    expect(await agent.beat()).toBeUndefined()
    expect(agent.story).toEqual(['it said no', 'passed'])
  })

  test('is as bad when it throws, or does not answer within a sixth of the TTL', async () => {
    await using agent = await CheckedAgent.join({ ttlSeconds: 1 })
    agent.answer = new Error('no model loaded')
    expect(await agent.beat()).toBe('busy')
    agent.answer = true
    expect(await agent.beat()).toBe('ready')
    expect(agent.story).toEqual(['no model loaded', 'passed'])
  })

  test('says after it what it said itself meanwhile', async () => {
    await using agent = await CheckedAgent.join()
    agent.answer = false
    expect(await agent.beat()).toBe('busy')
    await agent.client.setStatus('busy')
    agent.answer = true
    expect(await agent.beat()).toBeUndefined()
    await agent.client.setStatus('draining')
    agent.answer = false
    expect(await agent.beat()).toBeUndefined()
  })

  test('sends none when it is to be silent, and goes on when it passes', async () => {
    await using agent = await CheckedAgent.join({ whenCheckFails: 'silent' })
    agent.answer = false
    expect(await agent.beat()).toBe('none')
    expect(await agent.beat()).toBe('none')
    agent.answer = true
    expect(await agent.beat()).toBeUndefined()
    expect(agent.story).toEqual(['it said no', 'passed'])
  })
})

test('a check that never answers counts as failed, and the heartbeats go on', async () => {
  const report = new AgentReport({})
  const reasons: (string | undefined)[] = []
  const check = HealthCheck.of(
    { check: () => new Promise(() => undefined) },
    report,
    (reason) => void reasons.push(reason),
  )
  expect(await check?.run(20)).toBe(true)
  expect(reasons).toEqual(['no answer within 20 ms'])
  expect(report.last).toEqual({ status: 'busy' })
})
