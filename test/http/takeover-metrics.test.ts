import { expect, test } from 'vitest'
import { parsePrometheusText, sampleValue } from './support/prometheus-text.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { objectIn } from './support/response.ts'

const registry = useRegistry()

async function metrics() {
  const samples = parsePrometheusText((await registry.get('/metrics')).text)
  return {
    takeovers: sampleValue(samples, 'rollcall_agent_takeovers_total'),
    flapping: sampleValue(samples, 'rollcall_flapping_agents'),
  }
}

test('takeovers are counted, and an agent with three within five minutes is flapping', async () => {
  const agent_id = registry.newId('flapping')
  const before = await metrics()
  await registry.register({ agent_id, instance_id: 'one' })
  for (const instance_id of ['two', 'two', 'one'])
    await registry.register({ agent_id, instance_id })
  expect(await metrics()).toEqual({ ...before, takeovers: before.takeovers + 2 })
  await registry.register({ agent_id, instance_id: 'two' })
  expect(await metrics()).toEqual({
    takeovers: before.takeovers + 3,
    flapping: before.flapping + 1,
  })
  expect(objectIn(await registry.get('/health'))).toMatchObject({
    flapping_agents: before.flapping + 1,
  })
})
