// A caller that does not wait for the response leaves a line as well.
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { AgentRegistryServer } from '@rollcall/server'
import { expect, test } from 'vitest'
import { TemporaryFolder } from '../../../../test/e2e/support/temporary-folder.ts'
import { eventually } from '../../../../test/http/support/eventually.ts'
import { databasePerTest } from '../../../../test/postgres/support/database-per-test.ts'
import { tokenFile } from '../access/support/token-file-on-disk.ts'
import { lockWaits, whileLocked } from '../storage/postgres/slow-database.ts'

const TOKEN = 'a-token-for-the-agents-of-everybody'
const database = databasePerTest()
const body = JSON.stringify({ agent_id: 'a', agent_name: 'A', host: 'h', port: 1 })

test('a line has the address of a connection that is gone', async () => {
  using folder = new TemporaryFolder()
  const path = folder.file('audit')
  await using file = await tokenFile(`ci agent * ${TOKEN}`)
  const options = { auditLog: path, tokenFile: file.path }
  await using server = new AgentRegistryServer(database.url, options)
  await registerAndLeave(server, `Authorization: Bearer ${TOKEN}\r\n`)
  await eventually(() => readFile(path, 'utf8')).not.toBe('')
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({
    what: 'registerAgent',
    agent: 'a',
    who: 'ci',
    address: '127.0.0.1',
  })
})

/** Registers an agent, and closes the connection before the registration is recorded. */
async function registerAndLeave(server: AgentRegistryServer, headers: string): Promise<void> {
  const { port } = new URL(await server.listen({ port: 0 }))
  const socket = connect(Number(port), '127.0.0.1')
  await whileLocked(database.url, 'SELECT FROM rollcall.registry FOR UPDATE', async () => {
    socket.write(
      'POST /agents/register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
        `${headers}Content-Length: ${body.length}\r\n\r\n${body}`,
    )
    await eventually(() => lockWaits(database.url)).toBe(1)
    socket.destroy()
    await eventually(() => connectionsTo(server)).toBe(0)
  })
}

function connectionsTo(server: AgentRegistryServer): Promise<number> {
  return new Promise((resolve, reject) => {
    server.createApp().server.getConnections((error, count) => {
      if (error) reject(error)
      else resolve(count)
    })
  })
}
