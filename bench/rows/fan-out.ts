import { contest } from '../contest.ts'
import { fill, post } from '../fleet.ts'
import { startBareStreams, startRollcall } from '../processes.ts'
import { median, type Row } from '../report.ts'
import { openStreams } from '../streams.ts'

const TRANSITIONS_PER_SECOND = 200
const AGENTS = 100
/** Bytes of an event of the fleet without its time. */
const EVENT_BYTES = 620

export const fanOut: Row = {
  name: 'fan-out',
  title: `${TRANSITIONS_PER_SECOND} transitions/s to many streams: delivery latency`,
  async run({ rounds, seconds, readers }) {
    const p50: Record<string, number[]> = {}
    const follow = (
      name: string,
      newDrive: () => (url: string, ms: number) => Promise<unknown>,
    ) => {
      return async ({ url }: { url: string }) => {
        const drive = newDrive()
        using streams = await openStreams(url, readers)
        await drive(url, 1000)
        streams.count()
        await drive(url, seconds * 1000)
        await pause(200)
        const { events, closed, p50Ms, p99Ms } = await streams.report()
        const expected = seconds * TRANSITIONS_PER_SECOND * readers
        if (closed > 0) throw new Error(`${closed} streams ended`)
        if (events < 0.9 * expected) throw new Error(`${events} of ${expected} events arrived`)
        p50[name] = [...(p50[name] ?? []), p50Ms]
        return p99Ms
      }
    }
    const ours = {
      name: 'rollcall p99',
      start: async () => {
        const subject = await startRollcall()
        await fill(subject.url, AGENTS, { ttl_seconds: 3600 })
        return subject
      },
      measure: follow('rollcall p50', statusChanges),
    }
    const bare = {
      name: 'bare node:http p99',
      start: () => startBareStreams(TRANSITIONS_PER_SECOND, EVENT_BYTES),
      measure: follow('bare node:http p50', () => (_url, ms) => pause(ms)),
    }
    const samples = await contest([ours, bare], rounds)
    return {
      unit: 'ms',
      samples: { ...samples, ...p50 },
      verdicts: [
        {
          what: 'p99',
          value: median(samples[ours.name] ?? []),
          unit: 'ms',
          target: 100,
          good: 'at most',
        },
      ],
      notes: [
        `${readers} readers; for Rollcall from the computation of a change, before it is on disk`,
      ],
    }
  },
}

/** Changes the status of one agent after another at a steady rate. */
export function statusChanges() {
  let changes = 0
  return async (url: string, ms: number): Promise<void> => {
    const began = performance.now()
    const before = changes
    const pending: Promise<number>[] = []
    while (performance.now() - began < ms) {
      const due = before + ((performance.now() - began) / 1000) * TRANSITIONS_PER_SECOND
      for (; changes < due; changes++) {
        const status = Math.floor(changes / AGENTS) % 2 === 0 ? 'busy' : 'ready'
        const path = `/agents/agent-${changes % AGENTS}/heartbeat`
        pending.push(post(`${url}${path}`, JSON.stringify({ status })))
      }
      await pause(5)
    }
    const statuses = await Promise.all(pending)
    if (statuses.some((status) => status !== 200)) throw new Error('a change was rejected')
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
