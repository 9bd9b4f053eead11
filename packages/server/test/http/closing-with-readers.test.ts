import { connect } from 'node:net'
import { AgentRegistryServer } from '@rollcall/server'
import { describe, expect, test } from 'vitest'
import { registerMany } from '../../../../test/http/support/bulk-requests.ts'
import { largeFleet } from './support/large-fleet.ts'

async function serverWithFleet(size: number) {
  const server = new AgentRegistryServer('memory:')
  const baseUrl = await server.listen({ port: 0 })
  await registerMany(baseUrl, largeFleet(size))
  return { server, baseUrl }
}

describe.each([
  ['that is sent in one write', 500],
  ['that is streamed', 900],
])('a list %s while the registry closes', (_name, size) => {
  test.concurrent('reaches its reader completely', async () => {
    const { server, baseUrl } = await serverWithFleet(size)
    const response = await fetch(`${baseUrl}/agents`)
    const closed = server.close()
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect((await response.json()) as object[]).toHaveLength(size)
    await closed
  })

  test.concurrent('does not keep the registry from closing when its reader stalls', async () => {
    const { server, baseUrl } = await serverWithFleet(size)
    const reader = connect(Number(new URL(baseUrl).port), '127.0.0.1')
    reader.on('error', () => undefined)
    reader.write('GET /agents HTTP/1.1\r\nHost: x\r\n\r\n')
    await new Promise((resolve) => setTimeout(resolve, 200))
    const began = performance.now()
    await server.close()
    expect(performance.now() - began).toBeLessThan(5000)
    reader.destroy()
  })
})
