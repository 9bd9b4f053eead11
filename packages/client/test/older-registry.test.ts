import { expect, test } from 'vitest'
import { AgentRegistryClient } from '../src/agent-registry-client.ts'
import { isApiError } from '../src/errors/api-error.ts'
import { ManualClientClock } from './support/manual-client-clock.ts'
import { respondJson, ScriptedServer } from './support/scripted-server.ts'
import { wireAgent } from './support/wire-agents.ts'

/** A registry that is older than instances: it rejects the field, and ignores the header. */
function olderRegistry(knowsInstances = () => false): Promise<ScriptedServer> {
  return ScriptedServer.start(({ path, body }, response) => {
    if (!knowsInstances() && 'instance_id' in Object(body)) {
      const errors = [{ pointer: '/instance_id', message: 'is not a known field' }]
      return respondJson(response, 422, { status: 422, code: 'VALIDATION_FAILED', errors })
    }
    if (path === '/agents/heartbeats') return respondJson(response, 200, { ok: 1, unknown: [] })
    respondJson(response, 200, wireAgent('a'))
  })
}

const options = (server: ScriptedServer, clock: ManualClientClock) => ({
  registryUrl: server.url,
  clock,
  logger: null,
  agentId: 'a',
  agentName: 'A',
  host: '10.0.0.7',
})

test('an agent joins a registry that is older than instances, and remembers it', async () => {
  const clock = new ManualClientClock()
  await using server = await olderRegistry()
  await using client = await AgentRegistryClient.join(options(server, clock))
  await client.register()
  await client.heartbeat()
  expect(client.instanceId).toBeUndefined()
  expect(
    server.requests.map(({ body, headers }) => [
      body && 'instance_id' in Object(body),
      headers['rollcall-instance'],
    ]),
  ).toEqual([
    [true, undefined],
    [false, undefined],
    [false, undefined],
    [undefined, undefined],
  ])
})

test('a group goes on when its registry is replaced by one that is older than instances', async () => {
  const clock = new ManualClientClock()
  let isNew = true
  await using server = await olderRegistry(() => isNew)
  await using group = AgentRegistryClient.group({ registryUrl: server.url, clock, logger: null })
  await group.join(options(server, clock))
  const errors: unknown[] = []
  group.on('error', (error) => errors.push(error))
  isNew = false
  await clock.fireNext()
  await clock.nextTimer()
  expect(errors).toEqual([])
  expect(server.requests.map(({ path }) => path)).toEqual([
    '/agents/register',
    '/agents/heartbeats',
    '/agents/heartbeats',
  ])
})

test('another invalid field is an error, without a second attempt', async () => {
  const clock = new ManualClientClock()
  await using server = await ScriptedServer.start((_, response) =>
    respondJson(response, 422, {
      status: 422,
      code: 'VALIDATION_FAILED',
      errors: [{ pointer: '/metadata/instance_id/x', message: 'no' }],
    }),
  )
  const joining = AgentRegistryClient.join(options(server, clock))
  await expect(joining).rejects.toSatisfy((error) => isApiError(error, 'VALIDATION_FAILED'))
  expect(server.requests).toHaveLength(1)
})
