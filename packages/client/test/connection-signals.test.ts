import { describe, expect, test } from 'vitest'
import type { Call } from '../src/transport/call.ts'
import { RegistryConnection } from '../src/transport/connection.ts'
import { failureOf } from './support/failure-of.ts'
import { respondJson, ScriptedServer } from './support/scripted-server.ts'

const LIST: Call = { method: 'GET', path: '/agents' }

describe('a signal', () => {
  test.for(['call', 'open'] as const)('aborts a %s with its own reason', async (how) => {
    await using server = await ScriptedServer.start(() => undefined)
    const connection = new RegistryConnection({ registryUrl: server.url })
    const controller = new AbortController()
    const reason = new Error('enough')
    const failure = failureOf(connection[how]({ ...LIST, signal: controller.signal }))
    await server.received(1)
    controller.abort(reason)
    expect(await failure).toBe(reason)
  })

  test('that is already aborted prevents the request', async () => {
    await using server = await ScriptedServer.start((_, response) => respondJson(response, 200, []))
    const connection = new RegistryConnection({ registryUrl: server.url })
    const reason = { any: 'thing' }
    expect(await failureOf(connection.call({ ...LIST, signal: AbortSignal.abort(reason) }))).toBe(
      reason,
    )
    expect(server.requests).toEqual([])
  })

  test('aborts a stream that is being read', async () => {
    await using server = await ScriptedServer.start((_, response) => {
      response.writeHead(200).flushHeaders()
    })
    const connection = new RegistryConnection({ registryUrl: server.url })
    const controller = new AbortController()
    const response = await connection.open({ ...LIST, signal: controller.signal })
    const failure = failureOf(response.text())
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await failure).toBe(reason)
  })
})
