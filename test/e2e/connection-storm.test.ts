// A fleet that connects all at once to a registry that is briefly busy: with the default backlog of
// Node, connections beyond 512 are dropped and retried after a second or more.
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { RegistryProcess } from './support/registry-process.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

/** The backlog limit of the system; where it is not exposed, the smallest of the known defaults. */
function systemBacklog(): number {
  try {
    return Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'))
  } catch {
    return 128
  }
}

test('connections wait for a busy registry, and none is dropped', async () => {
  using folder = new TemporaryFolder()
  await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
  await registry.http.get('/health')
  registry.signal('SIGSTOP')
  const sockets: Socket[] = []
  let connected = 0
  try {
    const storm = Math.min(systemBacklog(), 1500)
    for (let at = 0; at < storm; at++) {
      const socket = connect(registry.port, '127.0.0.1', () => connected++)
      sockets.push(socket.on('error', () => undefined))
    }
    await expect.poll(() => connected).toBe(storm)
  } finally {
    registry.signal('SIGCONT')
    for (const socket of sockets) socket.destroy()
  }
  expect((await registry.http.get('/health')).status).toBe(200)
})
