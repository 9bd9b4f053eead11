import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { contest } from '../contest.ts'
import { fill, post } from '../fleet.ts'
import { runLoad } from '../load.ts'
import { newFolder, type Subject, startBare, startRollcall } from '../processes.ts'
import { median, type Row } from '../report.ts'

const CONNECTIONS = 4
/** The heartbeat rate of an agent with a TTL of 60 s. */
const BEATS_PER_AGENT_SECOND = 1 / 20

export const listOfTenThousand: Row = {
  name: 'list',
  title: 'GET /agents of the whole fleet (10 000 at full size), 4 connections',
  async run({ rounds, seconds, agents }) {
    const listFile = join(newFolder(), 'list.json')
    writeFileSync(listFile, await wholeList(agents))
    const ours = async (subject: Subject, sendsHeartbeats: boolean) => {
      await fill(subject.url, agents)
      const heartbeats = sendsHeartbeats ? sendHeartbeats(subject.url, agents) : undefined
      const rate = await listRate(subject.url, '/agents', seconds)
      heartbeats?.stop()
      return rate
    }
    const idle = 'rollcall, idle fleet'
    const active = 'rollcall, heartbeats every 20 s'
    const bare = 'bare node:http, same bytes'
    const samples = await contest(
      [
        { name: idle, start: startRollcall, measure: (subject) => ours(subject, false) },
        {
          name: bare,
          start: () => startBare(listFile),
          measure: ({ url }) => listRate(url, '/', seconds),
        },
        { name: active, start: startRollcall, measure: (subject) => ours(subject, true) },
      ],
      rounds,
    )
    const share = (name: string) => median(samples[name] ?? []) / median(samples[bare] ?? [])
    return {
      unit: 'lists/s',
      samples,
      verdicts: [
        {
          what: 'idle, share of bare',
          value: share(idle),
          unit: '×',
          target: 0.6,
          good: 'at least',
        },
        {
          what: 'with heartbeats, share of bare',
          value: share(active),
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
  // `await` keeps the server running until the text has arrived.
  return await list.text()
}

/** Sends plain heartbeats at the rate of a real fleet, spread evenly over time. */
function sendHeartbeats(url: string, agents: number): { stop(): void } {
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
