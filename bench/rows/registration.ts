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
  title: 'Registrations with query indexes enabled and disabled',
  async run({ rounds, seconds }) {
    const body = registration('{i}')
    const measure = ({ url }: { url: string }) =>
      rate({ url, path: '/agents/register', body }, seconds)
    const enabled = { name: 'query indexes enabled', start: startRollcall, measure }
    const disabled = {
      name: 'query indexes disabled',
      start: () => startRollcall({ nodeArguments: ['--import', WITHOUT_INDEXES] }),
      measure,
    }
    const samples = await contest([enabled, disabled], rounds)
    const value = median(samples[enabled.name] ?? []) / median(samples[disabled.name] ?? [])
    return {
      unit: 'registrations/s',
      samples,
      verdicts: [{ what: 'share of disabled', value, unit: '×', target: 0.75, good: 'at least' }],
    }
  },
}

async function rate(target: { url: string; path: string; body: string }, seconds: number) {
  // The measurement rewrites the keys of the warm-up first: both stores see updates, then new keys.
  const load = { ...target, method: 'POST', connections: CONNECTIONS } as const
  await runLoad({ ...load, seconds: 1 })
  const { requestsPerSecond, failures } = await runLoad({ ...load, seconds })
  if (failures > 0) throw new Error(`${failures} writes failed`)
  return requestsPerSecond
}

/** A counter can be part of a key, because digits are valid base64. */
function etcdPut(bytes: number): string {
  const value = Buffer.alloc(bytes, 'x').toString('base64')
  return JSON.stringify({ key: '{i:8}', value })
}
