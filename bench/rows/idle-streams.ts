import { contest } from '../contest.ts'
import { batches, fill, post } from '../fleet.ts'
import { startBareStreams, startRollcall } from '../processes.ts'
import type { Row } from '../report.ts'
import { cpuSeconds, openStreams } from '../streams.ts'

const KIB = 1024
/** Agents that send heartbeats during the measurement. */
const FLEET = 1000

export const idleStreams: Row = {
  name: 'idle-streams',
  title: 'Idle streams: memory per stream, and processor time of all streams',
  async run({ rounds, seconds, idleReaders }) {
    const cpu: Record<string, number[]> = {}
    let wakeUps = 0
    const cost = (name: string, sendHeartbeats: (url: string) => Promise<unknown>) => {
      return async (subject: { url: string; pid: number; residentBytes(): number }) => {
        const before = subject.residentBytes()
        const cpuOf = async () => {
          const used = cpuSeconds(subject.pid)
          await pause(seconds * 1000)
          return (100 * (cpuSeconds(subject.pid) - used)) / seconds
        }
        const withoutReaders = await cpuOf()
        using _streams = await openStreams(subject.url, idleReaders)
        await pause(2000)
        const perReader = (subject.residentBytes() - before) / idleReaders / KIB
        cpu[name] = [...(cpu[name] ?? []), (await cpuOf()) - withoutReaders]
        await sendHeartbeats(subject.url)
        return perReader
      }
    }
    const ours = {
      name: 'rollcall, KiB each',
      start: async () => {
        const subject = await startRollcall()
        await fill(subject.url, FLEET)
        return subject
      },
      measure: cost('rollcall, additional % of a core', async (url) => {
        const before = await wakeUpsOf(url)
        for (let round = 0; round < 100; round++) {
          for (const body of batches(FLEET, FLEET)) await post(`${url}/agents/heartbeats`, body)
        }
        wakeUps += (await wakeUpsOf(url)) - before
      }),
    }
    const bare = {
      name: 'bare node:http, KiB each',
      start: () => startBareStreams(0, 0),
      measure: cost('bare node:http, additional % of a core', async () => undefined),
    }
    const samples = await contest([ours, bare], rounds)
    return {
      unit: '',
      samples: { ...samples, ...cpu },
      verdicts: [
        {
          what: `wake-ups by ${(100 * FLEET).toLocaleString('en-US')} heartbeats`,
          value: wakeUps,
          unit: '',
          target: 0,
          good: 'at most',
        },
      ],
      notes: [`${idleReaders} readers`],
    }
  },
}

async function wakeUpsOf(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/^rollcall_feed_wakeups_total (\d+)/m.exec(text)?.[1])
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
