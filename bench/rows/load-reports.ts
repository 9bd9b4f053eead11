import { contest } from '../contest.ts'
import { fill } from '../fleet.ts'
import { runLoad } from '../load.ts'
import { startRollcall } from '../processes.ts'
import { median, type Row } from '../report.ts'
import { openStreams } from '../streams.ts'

/** The number of streams; each follows the loads of a hundredth of the fleet. */
const FOLLOWERS = 100
/** The size of the fleet, as a multiple of the agents of other rows. */
const FLEET_FACTOR = 10
const CONNECTIONS = 64
const WARM_UP_SECONDS = 2
const LOAD_COUNT = 19
/**
 * Loads in rotation, each far enough from the next to be reported. Their number is a prime that does not
 * divide the size of the fleet, so an agent repeats a load after 19 heartbeats, more than it sends between
 * two reports. With three loads, an agent with three heartbeats a second had the same load in each report.
 */
const LOADS = Array.from({ length: LOAD_COUNT }, (_, i) => i / LOAD_COUNT)
/** In another order: on a slow machine the warm-up ends with what the same agent would report first, which is no change. */
const WARM_UP_LOADS = LOADS.toReversed()

export const loadReports: Row = {
  name: 'load-reports',
  title: `Heartbeats that each report a new load, while ${FOLLOWERS} streams follow the loads of 1 % each`,
  async run({ rounds, seconds, agents }) {
    const fleet = agents * FLEET_FACTOR
    const delivered: number[] = []
    const sendHeartbeats = async (url: string, loads: readonly number[], forSeconds: number) => {
      const { requestsPerSecond, failures } = await runLoad({
        url,
        method: 'POST',
        path: '/agents/agent-{i}/heartbeat',
        body: loads.map((load) => JSON.stringify({ load })),
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
        await sendHeartbeats(url, WARM_UP_LOADS, WARM_UP_SECONDS)
        streams.count()
        const rate = await sendHeartbeats(url, LOADS, seconds)
        // The last round of reports is up to a second away, and more on a busy machine.
        await new Promise((resolve) => setTimeout(resolve, 3000))
        const { loads, closed } = await streams.report()
        if (closed > 0) throw new Error(`${closed} streams ended`)
        // An agent that sends two heartbeats within a second is reported once.
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
        await sendHeartbeats(url, WARM_UP_LOADS, WARM_UP_SECONDS)
        return sendHeartbeats(url, LOADS, seconds)
      },
    }
    const samples = await contest([followed, alone], rounds)
    const rateOf = ({ name }: { name: string }) => median(samples[name] ?? [])
    return {
      unit: '/s',
      samples: { ...samples, 'loads delivered': delivered },
      verdicts: [
        {
          what: 'share of the rate without followers',
          value: rateOf(followed) / rateOf(alone),
          unit: '×',
          target: 0.9,
          good: 'at least',
        },
      ],
      notes: [
        `${fleet.toLocaleString('en-US')} agents; each heartbeat changes a load by enough to be reported`,
      ],
    }
  },
}
