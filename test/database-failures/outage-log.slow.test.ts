// What the nodes log during an outage of PostgreSQL: its start, that it continues, its duration.
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { PostgresServer } from '../postgres/support/postgres-server.ts'
import { RegistryNodes } from './support/registry-nodes.ts'

/** Long enough for one reminder, too short for two. */
const OUTAGE_MS = 12_000
const POLL = { timeout: 30_000, interval: 100 }

test('an outage of PostgreSQL is logged as three short lines on each node', async () => {
  await using postgres = await PostgresServer.launch()
  await using nodes = await RegistryNodes.start(await postgres.createDatabase())
  const linesOf = (output: string) => output.split('\n').slice(1, -1)
  await postgres.stop('fast')
  await sleep(OUTAGE_MS)
  await postgres.start()
  for (const node of nodes.all) {
    await expect.poll(() => node.output, POLL).toContain('works again')
    const lines = linesOf(node.output)
    const messages = lines.map((line) => JSON.parse(line).msg)
    const still = messages.filter((message) => message === 'the store still fails')
    expect(messages).toEqual([
      'the store fails',
      ...still,
      expect.stringMatching(/^the store works again after [\d.]+ s$/),
    ])
    // The database may take some seconds to start again.
    expect(still.length).toBeGreaterThanOrEqual(1)
    expect(JSON.parse(lines.at(-1) ?? '').seconds).toBeGreaterThan(OUTAGE_MS / 1000 - 2)
    for (const line of lines) expect(line.length, line).toBeLessThan(500)
  }
})
