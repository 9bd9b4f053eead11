import { contest } from '../contest.ts'
import { registration } from '../fleet.ts'
import { runLoad } from '../load.ts'
import { isInstalled, startEtcd, startRollcall } from '../processes.ts'
import { median, type Row } from '../report.ts'

const CONNECTIONS = 64

export const durableRegistration: Row = {
  name: 'registration',
  title: 'Durable registrations of new agents over HTTP, 64 connections',
  async run({ rounds, seconds }) {
    const body = registration('{i}')
    const ours = {
      name: 'rollcall (sqlite)',
      start: startRollcall,
      measure: ({ url }: { url: string }) => rate({ url, path: '/agents/register', body }, seconds),
    }
    const etcd = {
      name: 'etcd put (HTTP), same size',
      start: startEtcd,
      measure: ({ url }: { url: string }) =>
        rate({ url, path: '/v3/kv/put', body: etcdPut(body.length) }, seconds),
    }
    const hasEtcd = isInstalled('etcd')
    const samples = await contest(hasEtcd ? [ours, etcd] : [ours], rounds)
    const value = median(samples[ours.name] ?? []) / median(samples[etcd.name] ?? [])
    return {
      unit: 'registrations/s',
      samples,
      verdicts: hasEtcd
        ? [{ what: 'over etcd', value, unit: '×', target: 2, good: 'at least' }]
        : [],
      ...(!hasEtcd && { notes: ['etcd is not on the PATH: not compared'] }),
    }
  },
}

const WITHOUT_INDEXES = new URL('../without-indexes.ts', import.meta.url).href

export const indexedRegistration: Row = {
  name: 'index-cost',
  title: 'What the indexes for queries cost a registration: with them, and with them taken out',
  async run({ rounds, seconds }) {
    const body = registration('{i}')
    const measure = ({ url }: { url: string }) =>
      rate({ url, path: '/agents/register', body }, seconds)
    const contestants = [
      { name: 'with indexes', start: startRollcall, measure },
      {
        name: 'without',
        start: () => startRollcall({ nodeArguments: ['--import', WITHOUT_INDEXES] }),
        measure,
      },
    ]
    const samples = await contest(contestants, rounds)
    const value = median(samples['with indexes'] ?? []) / median(samples.without ?? [])
    return {
      unit: 'registrations/s',
      samples,
      verdicts: [
        { what: 'of the speed without', value, unit: '×', target: 0.75, good: 'at least' },
      ],
    }
  },
}

async function rate(target: { url: string; path: string; body: string }, seconds: number) {
  // The keys of the warm-up are written again: both stores then see updates first, new keys after.
  const load = { ...target, method: 'POST', connections: CONNECTIONS } as const
  await runLoad({ ...load, seconds: 1 })
  const { requestsPerSecond, failures } = await runLoad({ ...load, seconds })
  if (failures > 0) throw new Error(`${failures} writes failed`)
  return requestsPerSecond
}

/** Digits are base64 as they stand, so a counter can be part of a key. */
function etcdPut(bytes: number): string {
  const value = Buffer.alloc(bytes, 'x').toString('base64')
  return JSON.stringify({ key: '{i:8}', value })
}
