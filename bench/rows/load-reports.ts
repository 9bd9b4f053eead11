import { contest } from '../contest.ts'
import { fill } from '../fleet.ts'
import { runLoad } from '../load.ts'
import { startRollcall } from '../processes.ts'
import { median, type Row } from '../report.ts'
import { openStreams } from '../streams.ts'

/** Streams, each of which follows the loads of a hundredth of the fleet. */
const FOLLOWERS = 100
/** The fleet is so many times the agents of the other rows. */
const FLEETS = 10
const CONNECTIONS = 64
const WARM_UP_SECONDS = 2
const LOAD_COUNT = 19
/**
 * In turn, and far enough from each other to be reported. The fleet is no multiple of their number,
 * a prime: so an agent is back at a load after 19 beats, which no second between two reports holds.
 * With three loads, three beats a second looked like none.
 */
const LOADS = Array.from({ length: LOAD_COUNT }, (_, i) => i / LOAD_COUNT)

export const loadReports: Row = {
  name: 'load-reports',
  title: `Heartbeats that each report a new load, while ${FOLLOWERS} streams follow the loads of 1 % each`,
  async run({ rounds, seconds, agents }) {
    const fleet = agents * FLEETS
    const delivered: number[] = []
    const beat = async (url: string, forSeconds: number) => {
      const { requestsPerSecond, failures } = await runLoad({
        url,
        method: 'POST',
        path: '/agents/agent-{i}/heartbeat',
        body: LOADS.map((load) => JSON.stringify({ load })),
        period: fleet,
        connections: CONNECTIONS,
        seconds: forSeconds,
      })
      if (failures > 0) throw new Error(`${failures} heartbeats failed`)
      return requestsPerSecond
    }
    const start = async () => {
      const subject = await startRollcall()
      const group = (i: number) => ({ capabilities: [`group-${i % FOLLOWERS}`], load: 0 })
      await fill(subject.url, fleet, group)
      return subject
    }
    const followed = {
      name: 'followed',
      start,
      measure: async ({ url }: { url: string }) => {
        const path = '/events?snapshot=true&loads=true&capability=group-{i}'
        using streams = await openStreams(url, FOLLOWERS, path)
        await beat(url, WARM_UP_SECONDS)
        streams.count()
        const rate = await beat(url, seconds)
        // The last round is up to a second away, and more on a busy machine.
        await new Promise((resolve) => setTimeout(resolve, 3000))
        const { loads, closed } = await streams.report()
        if (closed > 0) throw new Error(`${closed} streams ended`)
        // An agent that beats twice within a second is reported once.
        const expected = Math.min(rate, fleet) * seconds
        if (loads < 0.7 * expected) throw new Error(`${loads} of ${expected} loads arrived`)
        delivered.push(loads / seconds)
        return rate
      },
    }
    const alone = {
      name: 'no followers',
      start,
      measure: async ({ url }: { url: string }) => {
        await beat(url, WARM_UP_SECONDS)
        return beat(url, seconds)
      },
    }
    const samples = await contest([followed, alone], rounds)
    const rateOf = ({ name }: { name: string }) => median(samples[name] ?? [])
    return {
      unit: '/s',
      samples: { ...samples, 'loads that reached followers': delivered },
      verdicts: [
        {
          what: 'share of the heartbeats without followers',
          value: rateOf(followed) / rateOf(alone),
          unit: '×',
          target: 0.9,
          good: 'at least',
        },
      ],
      notes: [
        `${fleet.toLocaleString('en-US')} agents; each beat moves a load and is to be reported`,
      ],
    }
  },
}
