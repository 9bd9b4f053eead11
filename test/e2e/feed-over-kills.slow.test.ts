// Streams of a registry that is killed again and again under load resume after its last event each time:
// a kill begins a branch, but loses nothing that a client has seen.
//
//   ROLLCALL_FEED_KILLS   number of kills; default 20
import { setTimeout as sleep } from 'node:timers/promises'
import type { Health } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { freePort } from '../postgres/support/free-port.ts'
import { freshStore } from '../stores/fresh-store.ts'
import { FeedChurn } from './support/feed-churn.ts'
import { SeededRandom } from './support/feed-random.ts'
import { HttpClient } from './support/http-client.ts'
import { ReconnectingFollower } from './support/reconnecting-follower.ts'
import { RegistryProcess } from './support/registry-process.ts'

const KILLS = Number(process.env.ROLLCALL_FEED_KILLS ?? 20)
const FOLLOWERS = 3
const UPTIME_MS = { least: 100, most: 500 }

test(`over ${KILLS} kills, ${FOLLOWERS} streams receive every change once, without a reset`, async () => {
  const random = new SeededRandom(Math.floor(Math.random() * 2 ** 31))
  await using store = await freshStore()
  const args = ['--port', `${await freePort()}`, '--cleanup-interval', '1']
  const start = () => RegistryProcess.start({ cwd: store.folder, db: store.url, args })
  let registry = await start()
  await using _ = { [Symbol.asyncDispose]: () => registry.kill() }
  const { url } = registry
  const http = new HttpClient(url)
  const { headers } = await http.get('/agents')
  const beginning = `${headers['x-registry-epoch']}:${headers['x-registry-revision']}`
  const followers = Array.from(
    { length: FOLLOWERS },
    () => new ReconnectingFollower(url, beginning),
  )
  await using following = new AsyncDisposableStack()
  for (const follower of followers) following.use(follower)

  await using churn = new FeedChurn(http.send, random.fork())
  churn.start()
  for (let kill = 1; kill <= KILLS; kill++) {
    await sleep(random.integer(UPTIME_MS.least, UPTIME_MS.most))
    await registry.kill()
    registry = await start()
  }
  await sleep(UPTIME_MS.most)
  await churn.pause()
  // Brief leases expire and are removed until nothing changes any more.
  const revision = async () => (await http.get<Health>('/health')).body.revision
  for (const follower of followers) {
    await expect.poll(async () => (await revision()) - follower.revisions.length).toBe(0)
    expect(follower.restarts).toEqual([])
    expect(follower.revisions).toEqual(follower.revisions.map((_, index) => index + 1))
  }
  const connections = followers.map((follower) => follower.connections)
  expect(Math.min(...connections)).toBeGreaterThan(KILLS)
  console.log(`${KILLS} kills, ${await revision()} changes, connections: ${connections.join(', ')}`)
  http.close()
})
