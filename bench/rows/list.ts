import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { contest } from '../contest.ts'
import { fill, post } from '../fleet.ts'
import { runLoad } from '../load.ts'
import { newFolder, type Subject, startBare, startRollcall } from '../processes.ts'
import { median, type Row } from '../report.ts'

const CONNECTIONS = 4
/** What a fleet of 10 000 with a TTL of 60 s sends: each a heartbeat every 20 s. */
const BEATS_PER_AGENT_SECOND = 1 / 20

export const listOfTenThousand: Row = {
  name: 'list',
  title: 'GET /agents of the whole fleet (10 000 at full size), 4 connections',
  async run({ rounds, seconds, agents }) {
    const listFile = join(newFolder(), 'list.json')
    writeFileSync(listFile, await wholeList(agents))
    const ours = async (subject: Subject, beats: boolean) => {
      await fill(subject.url, agents)
      const beating = beats ? beatSteadily(subject.url, agents) : undefined
      const rate = await listRate(subject.url, '/agents', seconds)
      beating?.stop()
      return rate
    }
    const idle = 'rollcall, fleet at rest'
    const alive = 'rollcall, fleet beating every 20 s'
    const bare = 'bare node:http, same bytes'
    const samples = await contest(
      [
        { name: idle, start: startRollcall, measure: (subject) => ours(subject, false) },
        {
          name: bare,
          start: () => startBare(listFile),
          measure: ({ url }) => listRate(url, '/', seconds),
        },
        { name: alive, start: startRollcall, measure: (subject) => ours(subject, true) },
      ],
      rounds,
    )
    const share = (name: string) => median(samples[name] ?? []) / median(samples[bare] ?? [])
    return {
      unit: 'lists/s',
      samples,
      verdicts: [
        {
          what: 'at rest, share of bare',
          value: share(idle),
          unit: '×',
          target: 0.6,
          good: 'at least',
        },
        {
          what: 'beating, share of bare',
          value: share(alive),
          unit: '×',
          target: 0.6,
          good: 'at least',
        },
      ],
    }
  },
}

async function listRate(url: string, path: string, seconds: number): Promise<number> {
  const load = { url, method: 'GET', path, connections: CONNECTIONS } as const
  await runLoad({ ...load, seconds: 1 })
  return (await runLoad({ ...load, seconds })).requestsPerSecond
}

async function wholeList(agents: number): Promise<string> {
  await using subject = await startRollcall()
  await fill(subject.url, agents)
  const list = await fetch(`${subject.url}/agents`)
  // Not returned as a promise: the server would be stopped before the text is here.
  return await list.text()
}

/** Plain heartbeats at the rate of a real fleet, spread evenly over time. */
function beatSteadily(url: string, agents: number): { stop(): void } {
  const perTick = (agents * BEATS_PER_AGENT_SECOND) / 20
  let due = 0
  let next = 0
  const timer = setInterval(() => {
    for (due += perTick; due >= 1; due--) {
      post(`${url}/agents/agent-${next++ % agents}/heartbeat`, '').catch(() => undefined)
    }
  }, 50)
  return { stop: () => clearInterval(timer) }
}
