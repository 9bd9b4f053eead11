import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { compareInBursts } from '../against/bursts.ts'
import { CARD_BYTES, cardOf, FACTS, KINDS } from '../carded-fleet.ts'
import { batches, fill, post } from '../fleet.ts'
import { newFolder, startRollcall, untilIndexed } from '../processes.ts'
import type { Row } from '../report.ts'
import { openStreams } from '../streams.ts'

const MIB = 1024 * 1024
const LEAST_SHARE = 0.9
const BURSTS_PER_ROUND = 8
/** Agents that requests of changes go through. */
const CHANGED = 2000

const request = (line: string, body = '') =>
  Buffer.from(`${line} HTTP/1.1\r\nhost: x\r\naccept: application/json\r\n${lengthOf(body)}${body}`)
const lengthOf = (body: string) =>
  `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`
const heartbeats = (bodies: readonly string[]) =>
  bodies.flatMap((body) =>
    Array.from({ length: CHANGED }, (_, i) => request(`POST /agents/agent-${i}/heartbeat`, body)),
  )

/** What is sent to both registries, and on how many connections. */
const LOADS: Readonly<Record<string, { requests: readonly Buffer[]; connections: number }>> = {
  list: { requests: [request('GET /agents?limit=20')], connections: 4 },
  'page of the feed': { requests: [request('GET /events?since=0&limit=20')], connections: 4 },
  heartbeat: { requests: heartbeats(['']), connections: 64 },
  'change that a stream receives': {
    requests: heartbeats(['{"status":"busy"}', '{"status":"ready"}']),
    connections: 64,
  },
}

export const cards: Row = {
  name: 'cards',
  title: `100,000 agents with cards of ${CARD_BYTES / 1024} KiB (at full size), beside as many without`,
  async run({ rounds, seconds, million }) {
    const agents = million / 10
    const folder = newFolder()
    const start = (name: string) =>
      startRollcall({
        db: `sqlite:///${join(folder, `${name}.db`)}`,
        arguments: ['--no-dashboard'],
      })
    for (const [name, extra] of [
      ['without', () => FACTS],
      ['with', cardOf],
    ] as const) {
      await using subject = await start(name)
      await fill(subject.url, agents, (i) => ({ ttl_seconds: 3600, ...extra(i) }))
    }
    // Started again, each holds what it needs, and nothing of the registrations.
    await using without = await start('without')
    await using withCards = await start('with')
    const subjects = [without, withCards]
    for (const { url } of subjects) {
      await untilIndexed(url)
      for (const body of batches(agents, 10_000)) await post(`${url}/agents/heartbeats`, body)
    }
    const [residentWithout = 0, residentWith = 0] = subjects.map(
      (each) => each.residentBytes() / MIB,
    )
    using _streams = {
      all: await Promise.all(subjects.map(({ url }) => openStreams(url, 1))),
      [Symbol.dispose]() {
        for (const stream of this.all) stream[Symbol.dispose]()
      },
    }
    const samples: Record<string, number[]> = {
      'resident with cards, MiB': [residentWith],
      'resident without, MiB': [residentWithout],
    }
    const verdicts = []
    for (const [name, load] of Object.entries(LOADS)) {
      const urls = { before: without.url, now: withCards.url }
      const { ratio, rates } = await compareInBursts({
        ...urls,
        ...load,
        bursts: BURSTS_PER_ROUND * rounds,
        warmUpMs: 800 * seconds,
      })
      samples[`${name} with cards, /s`] = [rates[1]]
      samples[`${name} without, /s`] = [rates[0]]
      const target = LEAST_SHARE
      verdicts.push({ what: name, value: ratio, unit: '×', target, good: 'at least' } as const)
    }
    verdicts.push({
      what: 'resident',
      value: residentWith / residentWithout,
      unit: '×',
      target: 1.1,
      good: 'at most',
    } as const)
    rmSync(folder, { recursive: true })
    return {
      unit: '',
      samples,
      verdicts,
      notes: [
        `agents of ${KINDS} kinds, which have the same skills; ratios are medians of neighbouring bursts`,
      ],
    }
  },
}
