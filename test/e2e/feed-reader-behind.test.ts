// A reader that reads nothing for a while, until its backlog exceeds what the registry buffers.
import type { Agent } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { FeedModel } from './support/feed-model.ts'
import { FeedStream } from './support/feed-stream.ts'
import { registration } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { sqliteUrl, TemporaryFolder } from './support/temporary-folder.ts'

const AGENTS = 32
/** Together far more bytes than the buffers of the system and of the registry hold. */
const CHANGES_EACH = 120
const METADATA = { notes: 'x'.repeat(3900) }

const behind = [
  { reach: 'within the history', historyLimit: 100_000, resets: 0 },
  { reach: 'beyond the history', historyLimit: 50, resets: 1 },
]

test.each(behind)(
  'a reader that falls behind $reach ends up synced and matches the list',
  {
    timeout: 40_000,
  },
  async ({ historyLimit, resets }) => {
    using folder = new TemporaryFolder()
    const db = sqliteUrl(folder.file('a.db'))
    const args = ['--history-limit', `${historyLimit}`]
    await using registry = await RegistryProcess.start({ cwd: folder.path, db, args })
    const model = new FeedModel(true)
    const types: string[] = []
    model.begin('fresh')
    const stream = new FeedStream(
      { url: `${registry.url}/events?snapshot=true`, byteLimit: Number.POSITIVE_INFINITY },
      (received) => {
        model.take(received)
        if (types.at(-1) !== received.event.type) types.push(received.event.type)
      },
    )
    await expect.poll(() => types).toEqual(['synced'])

    stream.pause()
    const change = async (agent: number): Promise<void> => {
      for (let port = 1; port <= CHANGES_EACH; port++) {
        const changed = registration(`agent-${agent}`, { port, metadata: METADATA })
        await registry.http.send('POST', '/agents/register', changed)
      }
    }
    await Promise.all(Array.from({ length: AGENTS }, (_, agent) => change(agent)))
    stream.resume()

    const { body: agents, headers } = await registry.http.get<Agent[]>('/agents')
    const end = `${headers['x-registry-epoch']}:${headers['x-registry-revision']}`
    await expect.poll(() => model.lastId).toBe(end)
    const listed = agents.map(({ agent_id, revision }) => [agent_id, revision])
    expect([...model.agents.values()].map((a) => [a.agent_id, a.revision]).sort()).toEqual(listed)
    expect(model.figures.resets).toBe(resets)
    if (resets > 0) expect(types.slice(-3)).toEqual(['reset', 'snapshot', 'synced'])
    stream.cut()
  },
)
