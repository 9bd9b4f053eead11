import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { cardOf, KINDS, wordsOfSkill } from '../carded-fleet.ts'
import { fill } from '../fleet.ts'
import { newFolder, startRollcall, untilIndexed } from '../processes.ts'
import { median, type Row } from '../report.ts'

const SEARCHES = 300
const WARM_UP = 1000
const TARGET_MS = 10

/** What an agent asks for, of a skill that some kind of agents has. */
const SENTENCES: Readonly<
  Record<string, (verb: string, object: string, place: string) => unknown>
> = {
  'two words': (verb, object) => ({ text: `${verb} ${object}` }),
  'a sentence': (verb, object, place) => ({
    text: `Please find me an agent that can ${verb} ${object} from ${place} and says where`,
  }),
  'a long sentence': (verb, object, place) => ({
    text:
      `I need somebody in ${place} to ${verb} about a hundred ${object} every morning before the markets open, ` +
      'with footnotes, who answers quickly, speaks English and Portuguese, and never invents a source',
  }),
  'a word that all have': () => ({ text: 'found' }),
  'two words and a filter': (verb, object) => ({
    text: `${verb} ${object}`,
    filter: { type: 'application/a2a-agent-card+json', tags: ['search'] },
  }),
}

export const ardSearch: Row = {
  name: 'ard-search',
  title: 'ARD searches in 100,000 agents with cards (at full size): response time',
  async run({ rounds, million }) {
    const folder = newFolder()
    const db = `sqlite:///${join(folder, 'fleet.db')}`
    {
      await using subject = await startRollcall({ db })
      await fill(subject.url, million / 10, (i) => ({ ttl_seconds: 3600, ...cardOf(i) }))
    }
    const samples: Record<string, number[]> = {}
    const note = (name: string, value: number) => {
      samples[name] = [...(samples[name] ?? []), value]
    }
    for (let round = 0; round < rounds; round++) {
      await using subject = await startRollcall({ db })
      await untilIndexed(subject.url)
      const url = `${subject.url}/ard/search`
      const warmUp = Math.min(WARM_UP, million / 1000)
      for (const body of Object.values(SENTENCES)) await timesOf(url, body, warmUp)
      for (const [name, body] of Object.entries(SENTENCES)) {
        const times = await timesOf(url, body, SEARCHES)
        note(`${name}, p50`, times[Math.floor(SEARCHES * 0.5)] as number)
        note(`${name}, p99`, times[Math.floor(SEARCHES * 0.99)] as number)
      }
    }
    rmSync(folder, { recursive: true })
    return {
      unit: 'ms',
      samples,
      verdicts: Object.keys(SENTENCES).map((name) => ({
        what: `${name}, p50`,
        value: median(samples[`${name}, p50`] ?? []),
        unit: 'ms',
        target: TARGET_MS,
        good: 'at most',
      })),
      notes: [
        `agents of ${KINDS} kinds; sequential requests of a client on the same machine, including HTTP`,
      ],
    }
  },
}

/** Measures searches for one skill after another; sorted, in milliseconds. */
async function timesOf(
  url: string,
  queryFor: (verb: string, object: string, place: string) => unknown,
  searches: number,
): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < searches; i++) {
    const body = JSON.stringify({ query: queryFor(...wordsOfSkill((i * 7) % KINDS, 0)) })
    const began = performance.now()
    const response = await fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    const answer = (await response.json()) as { results?: readonly unknown[] }
    times.push(performance.now() - began)
    if (!answer.results?.length) {
      throw new Error(`${body} found nothing: ${response.status} ${JSON.stringify(answer)}`)
    }
  }
  return times.sort((a, b) => a - b)
}
