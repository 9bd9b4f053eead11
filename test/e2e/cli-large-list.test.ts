// A list of ten thousand agents starts printing immediately.
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { expect, test } from 'vitest'
import { CliSession } from './support/cli-session.ts'
import { registration } from './support/http-client.ts'

const AGENTS = 10_000
const CONCURRENCY = 100

test(`the first of ${AGENTS} rows is printed before the last is requested`, async () => {
  await using cli = await CliSession.start()
  for (let at = 0; at < AGENTS; at += CONCURRENCY) {
    await Promise.all(Array.from({ length: CONCURRENCY }, (_, index) => register(cli, at + index)))
  }
  const start = performance.now()
  const child = cli.spawn('list')
  let firstMs = Number.NaN
  let text = ''
  child.stdout?.on('data', (chunk: string) => {
    if (text === '') firstMs = performance.now() - start
    text += chunk
  })
  const [code] = await once(child, 'close')
  const allMs = performance.now() - start
  console.log(`first row after ${firstMs.toFixed(0)} ms, all after ${allMs.toFixed(0)} ms`)
  expect(code).toBe(0)
  expect(text.split('\n')).toHaveLength(AGENTS + 1)
  expect(firstMs).toBeLessThan(allMs)
})

async function register({ registry }: CliSession, number: number): Promise<void> {
  const agent = registration(`agent-${number}`, { ttl_seconds: 600 })
  await registry.http.send('POST', '/agents/register', agent)
}
