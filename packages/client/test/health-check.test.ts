// The health check of an agent.
import { describe, expect, test } from 'vitest'
import { AgentReport } from '../src/agent/agent-report.ts'
import { HealthCheck } from '../src/agent/health-check.ts'
import { AgentRegistryClient } from '../src/agent-registry-client.ts'
import type { JoinOptions } from '../src/options/client-options.ts'
import { FakeRegistry, HEARTBEAT, joinOptions } from './support/fake-registry.ts'
import { ManualClientClock } from './support/manual-client-clock.ts'

/** An agent with a health check, and a log of its events. */
class CheckedAgent implements AsyncDisposable {
  readonly clock = new ManualClientClock()
  readonly log: string[] = []
  result: boolean | Error | Promise<boolean> = true
  #registry!: FakeRegistry
  #client!: AgentRegistryClient

  static async join(more: Partial<JoinOptions> = {}): Promise<CheckedAgent> {
    const checked = new CheckedAgent()
    checked.#registry = await FakeRegistry.start()
    checked.#client = await AgentRegistryClient.join({
      ...joinOptions(checked.#registry, checked.clock),
      status: 'ready',
      check: () => {
        if (checked.result instanceof Error) throw checked.result
        return checked.result
      },
      ...more,
    })
    checked.#client.on('checkFailed', ({ reason }) => checked.log.push(reason))
    checked.#client.on('checkPassed', () => checked.log.push('passed'))
    return checked
  }

  get client(): AgentRegistryClient {
    return this.#client
  }

  /** The status in the next heartbeat; `none` if it was not sent. */
  async heartbeat(): Promise<string | undefined> {
    const before = this.#registry.calls.length
    await this.clock.fireNext()
    await this.clock.nextTimer()
    const { requests } = this.#registry.server
    if (requests.length === before) return 'none'
    expect(this.#registry.calls.at(-1)).toBe(HEARTBEAT)
    return (requests.at(-1)?.body as { status?: string } | undefined)?.status
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close()
    await this.#registry[Symbol.asyncDispose]()
  }
}

describe('an agent whose check fails', () => {
  test('reports busy, and ready again when the check passes, each once', async () => {
    await using agent = await CheckedAgent.join()
    expect(await agent.heartbeat()).toBeUndefined()
    agent.result = false
    expect(await agent.heartbeat()).toBe('busy')
    expect(await agent.heartbeat()).toBeUndefined()
    agent.result = true
    expect(await agent.heartbeat()).toBe('ready')
    expect(await agent.heartbeat()).toBeUndefined()
    expect(agent.log).toEqual(['the check returned false', 'passed'])
  })

  test('reports busy as well if the check throws', async () => {
    await using agent = await CheckedAgent.join({ ttlSeconds: 1 })
    agent.result = new Error('no model loaded')
    expect(await agent.heartbeat()).toBe('busy')
    agent.result = true
    expect(await agent.heartbeat()).toBe('ready')
    expect(agent.log).toEqual(['no model loaded', 'passed'])
  })

  test('restores the status that the agent reported in the meantime', async () => {
    await using agent = await CheckedAgent.join()
    agent.result = false
    expect(await agent.heartbeat()).toBe('busy')
    await agent.client.setStatus('busy')
    agent.result = true
    expect(await agent.heartbeat()).toBeUndefined()
    await agent.client.setStatus('draining')
    agent.result = false
    expect(await agent.heartbeat()).toBeUndefined()
  })

  test('sends no heartbeats with the option silent, and resumes when the check passes', async () => {
    await using agent = await CheckedAgent.join({ whenCheckFails: 'silent' })
    agent.result = false
    expect(await agent.heartbeat()).toBe('none')
    expect(await agent.heartbeat()).toBe('none')
    agent.result = true
    expect(await agent.heartbeat()).toBeUndefined()
    expect(agent.log).toEqual(['the check returned false', 'passed'])
  })
})

test('a check that never completes counts as failed, and heartbeats continue', async () => {
  const report = new AgentReport({})
  const reasons: (string | undefined)[] = []
  const check = HealthCheck.of(
    { check: () => new Promise(() => undefined) },
    report,
    (reason) => void reasons.push(reason),
  )
  expect(await check?.run(20)).toBe(true)
  expect(reasons).toEqual(['no result within 20 ms'])
  expect(report.last).toEqual({ status: 'busy' })
})
