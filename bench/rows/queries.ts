import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createStorageBackend } from '@rollcall/server'
import { newFolder, startRollcall, untilIndexed } from '../processes.ts'
import { median, type Row } from '../report.ts'

/** Agents that each query finds. */
const FOUND = 10
const REQUESTS = 500

const QUERIES: Readonly<Record<string, { path: string; targetMs: number }>> = {
  capability: { path: '/agents?capability=translate', targetMs: 1 },
  metadata: { path: '/agents?metadata.region=mars', targetMs: 1 },
  name: { path: '/agents?name=Rare*', targetMs: 1 },
  q: { path: '/agents?q=transl%20rare', targetMs: 5 },
}

export const queries: Row = {
  name: 'queries',
  title: `Queries that find ${FOUND} agents of a million (at full size): time of an answer`,
  async run({ rounds, million }) {
    const folder = newFolder()
    const db = `sqlite:///${join(folder, 'fleet.db')}`
    await fillFile(db, million)
    const samples: Record<string, number[]> = {}
    const note = (name: string, value: number) => {
      samples[name] = [...(samples[name] ?? []), value]
    }
    for (let round = 0; round < rounds; round++) {
      await using subject = await startRollcall({ db })
      note('indexes complete after ready, ms', await untilIndexed(subject.url))
      for (const [name, { path }] of Object.entries(QUERIES)) {
        const { p50, p99 } = await timesOf(`${subject.url}${path}`)
        note(`${name}, p50`, p50)
        note(`${name}, p99`, p99)
      }
      note('health, p50', (await timesOf(`${subject.url}/health`, 0)).p50)
    }
    rmSync(folder, { recursive: true })
    return {
      unit: 'ms',
      samples,
      verdicts: Object.entries(QUERIES).map(([name, { targetMs }]) => ({
        what: `${name}, p50`,
        value: median(samples[`${name}, p50`] ?? []),
        unit: 'ms',
        target: targetMs,
        good: 'at most',
      })),
      notes: [
        `${million.toLocaleString('en-US')} agents; seen by a client on the same machine, one ` +
          'request after the other, so with HTTP and the way there and back; `health` is the yardstick',
      ],
    }
  },
}

async function fillFile(db: string, count: number): Promise<void> {
  await using repository = await createStorageBackend(db)
  const every = Math.floor(count / FOUND)
  for (let at = 0; at < count; at += 1000) {
    const group = Array.from({ length: Math.min(1000, count - at) }, (_, offset) => {
      const i = at + offset
      const isRare = i % every === every >> 1
      return repository.add({
        agentId: `agent-${i}`,
        agentName: `${isRare ? 'Rare' : 'Researcher'} ${i}`,
        host: '10.0.0.7',
        port: 8000,
        ttlSeconds: 3600,
        capabilities: isRare ? ['search', 'translate'] : ['search', 'summarize'],
        metadata: { region: isRare ? 'mars' : `eu-${i % 8}`, model: 'large' },
      })
    })
    await Promise.all(group)
  }
}

async function timesOf(url: string, found = FOUND): Promise<{ p50: number; p99: number }> {
  const times: number[] = []
  for (let i = 0; i < REQUESTS; i++) {
    const asked = performance.now()
    await ask(url, found)
    times.push(performance.now() - asked)
  }
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.floor(share * times.length)] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99) }
}

/** @param found how many agents the answer must have; 0: it is no list */
async function ask(url: string, found: number): Promise<void> {
  const answer: unknown = await (await fetch(url)).json()
  const isRight = found === 0 || (Array.isArray(answer) && answer.length === found)
  if (!isRight) throw new Error(`${url} did not find ${found} agents`)
}
