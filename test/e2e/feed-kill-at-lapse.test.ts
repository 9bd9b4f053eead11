// A lease that lapses right before a kill, before its expiry is on disk, is alive again after the
// restart. No consumer may have received the expiry: no later event would correct it.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Agent, RegisteredAgent } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { FeedModel } from './support/feed-model.ts'
import { FeedStream } from './support/feed-stream.ts'
import { registration } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { sqliteUrl, TemporaryFolder } from './support/temporary-folder.ts'

/** A snapshot is only relevant if it arrives before the sweep: not every attempt does. */
const ATTEMPTS = 2
/** The sweep runs every 50 ms. */
const AFTER_DEADLINE_MS = 2

/** Reads a stream until it is synced, then closes it. */
async function readUntilSynced(registry: RegistryProcess, model: FeedModel): Promise<void> {
  const { lastId } = model
  model.begin(lastId === undefined ? 'fresh' : 'resumable', lastId)
  const url = `${registry.url}/events?snapshot=true`
  const stream: FeedStream = new FeedStream(
    { url, lastEventId: lastId, byteLimit: Number.POSITIVE_INFINITY },
    (received) => {
      model.take(received)
      if (received.event.type === 'synced') stream.cut()
    },
  )
  await stream.end
}

test('an agent whose lease lapses right before a kill is the same in a resumed stream as in the list', async () => {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    using folder = new TemporaryFolder()
    const db = sqliteUrl(folder.file('a.db'))
    const model = new FeedModel(true)
    await using registry = await RegistryProcess.start({ cwd: folder.path, db })
    const agent = registration('brief', { ttl_seconds: 1 })
    const { body } = await registry.http.send<RegisteredAgent>('POST', '/agents/register', agent)
    await sleep(Date.parse(body.expires_at) - Date.now() + AFTER_DEADLINE_MS)
    await readUntilSynced(registry, model)
    await registry.kill()

    await using restarted = await RegistryProcess.start({ cwd: folder.path, db })
    await restarted.http.send('POST', '/agents/brief/heartbeat')
    await readUntilSynced(restarted, model)
    const list = await restarted.http.get<Agent[]>('/agents')
    const listed = list.body.map(({ agent_id }) => agent_id)
    expect([...model.agents.keys()]).toEqual(listed)
  }
})
