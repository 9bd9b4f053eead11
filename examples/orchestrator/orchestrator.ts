/**
 * An orchestrator: sends one text a second to an agent that can count words and is ready. See
 * `word-counters.ts` for the choice of an agent and for failures of agents and of the registry.
 *
 * Settings: REGISTRY_URL, JOB_INTERVAL_MS.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { AgentRegistryClient, DiscoveryClient } from '@rollcall/client'
import { reasonOf, WordCounters } from './word-counters.ts'

async function run(): Promise<void> {
  const registry = new DiscoveryClient()
  console.log(`following ${registry.registryUrl}; Ctrl-C to end`)
  const counters = new WordCounters(registry) // for as long as the process runs
  const { ready } = counters
  ready.onChange((agents) => {
    console.log(`ready: ${agents.map(({ agentId }) => agentId).join(', ') || 'no agent'}`)
  })
  await ready.ready // waits for the first list; before, there is no agent to choose
  for (;;) {
    if (!ready.isConnected) {
      const seconds = (ready.ageMs / 1000).toFixed(1)
      console.log(`the registry is unreachable; continuing with data that is ${seconds} s old`)
    }
    try {
      console.log(await counters.count('to be or not to be'))
    } catch (error) {
      console.log(`job failed: ${reasonOf(error)}`)
    }
    await pause(Number(process.env.JOB_INTERVAL_MS ?? 1000))
  }
}

/** Implements `--check`: one of two listed agents is dead, and all jobs are completed. */
async function check(): Promise<void> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end('{"words": 2}'))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  assert(typeof address === 'object' && address !== null)
  const capability = `word-count-check-${process.pid}`
  const agents = AgentRegistryClient.group()
  const common = {
    agentName: 'Checked',
    host: '127.0.0.1',
    capabilities: [capability],
    joinTimeoutMs: 2000,
  }
  const alive = { ...common, agentId: `${capability}-alive`, port: address.port, load: 1 }
  // Its port is closed, and its load makes it the first choice.
  const dead = { ...common, agentId: `${capability}-dead`, port: 2, load: 0 }
  try {
    await agents.join(alive)
    await agents.join(dead)
    const counters = new WordCounters(agents, capability)
    await counters.ready.ready
    for (let job = 0; job < 10; job++) {
      assert.equal(await counters.count('two words'), `2 words, counted by ${alive.agentId}`)
    }
    await counters.close()
    console.log('ok: 10 jobs done with one of two agents dead')
  } finally {
    await agents.close()
    server.close()
  }
}

const isCheck = process.argv.includes('--check')
await (isCheck ? check() : run()).catch((error) => {
  console.error(`failed: ${reasonOf(error)}`)
  process.exit(1)
})
