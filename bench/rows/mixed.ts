import { batches, fill, post, registration } from '../fleet.ts'
import { runLoad } from '../load.ts'
import { startRollcall } from '../processes.ts'
import { median, type Row } from '../report.ts'

/** TTL of the agents whose leases lapse all at once, in seconds; lists are shorter afterwards. */
const DOOMED_TTL = 2
/** Duration of the load. */
const SECONDS = 8

export const mixedLoad: Row = {
  name: 'mixed',
  title: 'Heartbeat p99 during lists, registrations and a mass expiry',
  async run({ rounds, agents }) {
    const doomed = agents * 5
    const p50: number[] = []
    const p99: number[] = []
    for (let round = 0; round < rounds; round++) {
      // Most of the fleet lapses at once: that is to be measured, not held back.
      await using subject = await startRollcall({ arguments: ['--brake-fraction', '0'] })
      const { url } = subject
      await fill(url, agents, { ttl_seconds: 3600 })
      await registerDoomed(url, doomed)
      const [heartbeats] = await Promise.all([
        runLoad({
          url,
          method: 'POST',
          path: '/agents/agent-{i}/heartbeat',
          period: agents,
          connections: 64,
          seconds: SECONDS,
        }),
        whileBusy(SECONDS * 1000, () => list(url)),
        whileBusy(SECONDS * 1000, (i) => post(`${url}/agents/register`, registration(`new-${i}`))),
      ])
      p50.push(heartbeats.p50Ms)
      p99.push(heartbeats.p99Ms)
    }
    return {
      unit: 'ms',
      samples: { 'heartbeat p50': p50, 'heartbeat p99': p99 },
      verdicts: [{ what: 'p99', value: median(p99), unit: 'ms', target: 20, good: 'at most' }],
      notes: [
        `64 connections send heartbeats at full rate; one more lists ${agents} agents and one registers ` +
          `without a pause; ${doomed} leases lapse at the same moment`,
      ],
    }
  },
}

/** Registers agents with a short TTL, and renews all leases at one moment. */
async function registerDoomed(url: string, count: number): Promise<void> {
  await fill(url, count, { ttl_seconds: DOOMED_TTL }, { prefix: 'doomed-' })
  for (const body of batches(count, 10_000, 'doomed-')) await post(`${url}/agents/heartbeats`, body)
}

async function list(url: string): Promise<void> {
  await (await fetch(`${url}/agents`)).arrayBuffer()
}

async function whileBusy(ms: number, work: (i: number) => Promise<unknown>): Promise<void> {
  const end = performance.now() + ms
  for (let i = 0; performance.now() < end; i++) await work(i)
}
