// A fleet with fixed ids is restarted, process by process: the new one starts before the old one ends.
import type { Agent } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { AgentHost } from './support/agent-host.ts'
import { PresenceWatch } from './support/presence-watch.ts'
import { RegistryNodes } from './support/registry-nodes.ts'

const AGENTS = Number(process.env.ROLLCALL_RESTART_AGENTS ?? 20)
const ROUNDS = Number(process.env.ROLLCALL_RESTART_ROUNDS ?? 1)
const AGENTS_OF_HOST = Math.max(5, Math.ceil(AGENTS / 10))
const TTL_SECONDS = 60

test(
  `${AGENTS} agents restart ${ROUNDS} times: none is ever absent, draining, or removed`,
  async () => {
    await using registry = await RegistryNodes.start()
    await using stack = new AsyncDisposableStack()
    const ids = Array.from({ length: AGENTS }, (_, index) => `fixed:${index}`)
    const start = async (host: number, round: number) => {
      const mine = ids.slice(host * AGENTS_OF_HOST, (host + 1) * AGENTS_OF_HOST)
      const node = registry.nodes[(host + round) % registry.nodes.length] ?? registry.first
      return stack.use(await AgentHost.start(mine, node.url, TTL_SECONDS))
    }
    const hosts: AgentHost[] = []
    for (let host = 0; host * AGENTS_OF_HOST < AGENTS; host++) hosts.push(await start(host, 0))
    await using watch = new PresenceWatch(registry, ids)
    for (let round = 1; round <= ROUNDS; round++) {
      for (const [index, old] of hosts.entries()) {
        hosts[index] = await start(index, round)
        await old.stop()
      }
    }
    await watch.read()
    expect(await watch.end()).toEqual([])
    for (const { http } of registry.nodes) {
      const { body } = await http.get<Agent[]>('/agents')
      expect(body).toHaveLength(AGENTS)
      const current = new Set(hosts.map(({ instanceId }) => instanceId))
      for (const agent of body) {
        expect(agent).toMatchObject({ status: 'ready', incarnation: ROUNDS + 1 })
        expect(current).toContain(agent.instance_id)
      }
    }
    console.log(
      `${AGENTS} agents, ${ROUNDS} rounds, ${hosts.length} hosts: ${watch.lists} lists read`,
    )
  },
  Math.max(120_000, AGENTS * ROUNDS * 1000),
)
