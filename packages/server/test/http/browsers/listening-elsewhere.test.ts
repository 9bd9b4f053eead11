// A server that does not listen on loopback: agents reach it at the names that its operator gave it.
import { request } from 'node:http'
import { AgentRegistryServer, type AgentRegistryServerOptions } from '@rollcall/server'
import { expect, test } from 'vitest'
import { TemporaryFolder } from '../../../../../test/e2e/support/temporary-folder.ts'

const BROWSER = { 'user-agent': 'Mozilla/5.0' }

/** Starts a server on a socket in the file system, which is not an address of the loopback interface. */
async function startElsewhere(options: AgentRegistryServerOptions = {}) {
  const folder = new TemporaryFolder()
  const server = new AgentRegistryServer('memory:', options)
  const socketPath = folder.file('registry.sock')
  await server.createApp().listen({ path: socketPath })
  await server.repository?.add({ agentId: 'a', agentName: 'A', host: '10.0.0.7', port: 8000 })
  return {
    /** Returns the status of a plain heartbeat. */
    beat: (headers: Record<string, string>) =>
      new Promise((resolve, reject) => {
        const options = { socketPath, method: 'POST', path: '/agents/a/heartbeat', headers }
        const sent = request(options, (response) => {
          response.resume()
          resolve(response.statusCode)
        })
        sent.once('error', reject).end()
      }),
    async [Symbol.asyncDispose]() {
      await server.close()
      folder[Symbol.dispose]()
    },
  }
}

test('programs may use any name, browsers only one that cannot be rebound', async () => {
  await using server = await startElsewhere()
  const names = ['rollcall.team-a.svc.cluster.local', 'registry.corp.example:9000', 'rollcall:9000']
  const statusesOf = (headers: Record<string, string>) =>
    Promise.all(names.map((host) => server.beat({ ...headers, host })))
  expect(await statusesOf({})).toEqual([200, 200, 200])
  expect(await statusesOf(BROWSER)).toEqual([421, 421, 200])
})

test('nobody may use a name that is not listed, once the operator lists names', async () => {
  await using server = await startElsewhere({ allowedHosts: ['registry.corp.example'] })
  const hosts = ['registry.corp.example', 'rollcall', 'page.example', '10.0.0.7:9000']
  const statuses = await Promise.all(hosts.map((host) => server.beat({ host })))
  expect(statuses).toEqual([200, 421, 421, 200])
  expect(await server.beat({ ...BROWSER, host: 'registry.corp.example' })).toBe(200)
})
