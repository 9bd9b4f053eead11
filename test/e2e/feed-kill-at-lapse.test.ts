// A lease that lapses right before a kill, with its expiry not on the disk yet, lives on after the
// restart. Nobody may have been told otherwise: no change would ever put it right.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Agent, RegisteredAgent } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { FeedModel } from './support/feed-model.ts'
import { FeedStream } from './support/feed-stream.ts'
import { registration } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { sqliteUrl, TemporaryFolder } from './support/temporary-folder.ts'

/** A snapshot is only of interest when it comes before the sweep: not every try hits. */
const TRIES = 2
/** The sweep comes every 50 ms. */
const AFTER_DEADLINE_MS = 2

/** Reads a stream until it is synced, and lets go of it. */
async function readUntilSynced(registry: RegistryProcess, model: FeedModel): Promise<void> {
  const { lastId } = model
  model.begin(lastId === undefined ? 'nothing' : 'a place', lastId)
  const url = `${registry.url}/events?snapshot=true`
  const stream: FeedStream = new FeedStream(
    { url, lastEventId: lastId, byteLimit: Number.POSITIVE_INFINITY },
    (told) => {
      model.take(told)
      if (told.event.type === 'synced') stream.cut()
    },
  )
  await stream.end
}

test('an agent that lapses right before a kill is held by whoever resumes, as it is listed', async () => {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
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
