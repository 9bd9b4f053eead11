import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createStorageBackend } from '@rollcall/server'
import { batches, post, registration } from '../fleet.ts'
import { newFolder, startRollcall, untilIndexed } from '../processes.ts'
import { median, type Row } from '../report.ts'

const MIB = 1024 * 1024

export const aMillionAgents: Row = {
  name: 'million',
  title: 'A fleet of a million agents (at full size): restart and memory',
  async run({ rounds, million }) {
    const folder = newFolder()
    const db = `sqlite:///${join(folder, 'fleet.db')}`
    const ownBytes = await fillFile(db, million)
    const ready: number[] = []
    const atRest: number[] = []
    const saved: number[] = []
    const empty: number[] = []
    for (let round = 0; round < rounds; round++) {
      {
        await using subject = await startRollcall()
        empty.push(subject.residentBytes() / MIB)
      }
      await using subject = await startRollcall({ db })
      ready.push(subject.startupMs / 1000)
      atRest.push(subject.residentBytes() / MIB)
      for (const body of batches(million, 10_000))
        await post(`${subject.url}/agents/heartbeats`, body)
      await untilIndexed(subject.url)
      await new Promise((resolve) => setTimeout(resolve, 3000))
      saved.push(subject.residentBytes() / MIB)
    }
    rmSync(folder, { recursive: true })
    const scale = million / 1_000_000
    const perAgent = ((median(saved) - median(empty)) * MIB) / million - ownBytes
    return {
      unit: '(seconds, MiB)',
      samples: {
        'restart until ready, s': ready,
        'resident, empty registry, MiB': empty,
        'resident after the restart, MiB': atRest,
        'resident, all heartbeats saved, MiB': saved,
      },
      verdicts: [
        {
          what: 'restart',
          value: median(ready),
          unit: 's',
          target: Math.max(1, 5 * scale),
          good: 'at most',
        },
        {
          what: 'resident',
          value: Math.max(...saved),
          unit: 'MiB',
          target: Math.max(300, 1.2 * 1024 * scale),
          good: 'at most',
        },
        {
          what: 'per agent, excluding its strings',
          value: perAgent,
          unit: 'bytes',
          target: 700,
          good: 'at most',
        },
      ],
      notes: [
        `${million.toLocaleString('en-US')} agents, ${Math.round(ownBytes)} bytes of strings each`,
      ],
    }
  },
}

/** Writes the fleet into a file. Returns the size of the strings of one agent, in bytes. */
async function fillFile(db: string, count: number): Promise<number> {
  await using repository = await createStorageBackend(db)
  const one = JSON.parse(registration(0)) as Record<string, string> & { capabilities: string[] }
  for (let at = 0; at < count; at += 1000) {
    const group = Array.from({ length: Math.min(1000, count - at) }, (_, i) =>
      repository.add({
        agentId: `agent-${at + i}`,
        agentName: `Researcher ${at + i}`,
        host: '10.0.0.7',
        port: 8000,
        ttlSeconds: 3600,
        capabilities: ['search', 'summarize'],
        metadata: { region: 'eu-1', model: 'large' },
      }),
    )
    await Promise.all(group)
  }
  const metadata = JSON.stringify(one.metadata)
  const strings = [
    `agent-${count}`,
    `Researcher ${count}`,
    '10.0.0.7',
    'http://10.0.0.7:8000',
    metadata,
  ]
  return strings.join('').length
}
