import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { contest } from '../contest.ts'
import { fill, post } from '../fleet.ts'
import { runLoad } from '../load.ts'
import { isInstalled, newFolder, startBare, startEtcd, startRollcall } from '../processes.ts'
import { median, type Row } from '../report.ts'

const CONNECTIONS = 64
/** The bytes of a real response, for the baseline. */
const RESPONSE =
  '{"status":"ok","last_heartbeat":"2026-11-21T09:30:00.000Z","expires_at":"2026-11-21T09:31:00.000Z","ttl_seconds":60,"heartbeat_interval_seconds":20,"revision":10000}'

export const heartbeat: Row = {
  name: 'heartbeat',
  title: 'Heartbeats over HTTP, one agent per request, 64 connections',
  async run({ rounds, seconds, agents }) {
    const responseFile = join(newFolder(), 'response.json')
    writeFileSync(responseFile, RESPONSE)
    const path = '/agents/agent-{i}/heartbeat'
    const load = { method: 'POST', path, period: agents, connections: CONNECTIONS } as const
    const rate = async (url: string) => {
      await runLoad({ ...load, url, seconds: 1 })
      const { requestsPerSecond, failures } = await runLoad({ ...load, url, seconds })
      if (failures > 0) throw new Error(`${failures} heartbeats failed`)
      return requestsPerSecond
    }
    const ours = {
      name: 'rollcall (sqlite)',
      start: startRollcall,
      measure: async ({ url }: { url: string }) => {
        await fill(url, agents)
        return rate(url)
      },
    }
    const bare = {
      name: 'bare node:http, same bytes',
      start: () => startBare(responseFile),
      measure: ({ url }: { url: string }) => rate(url),
    }
    const etcd = {
      name: 'etcd lease keep-alive (HTTP)',
      start: startEtcd,
      measure: ({ url }: { url: string }) => keepAliveRate(url, seconds),
    }
    const hasEtcd = isInstalled('etcd')
    const samples = await contest(hasEtcd ? [ours, bare, etcd] : [ours, bare], rounds)
    const ourRate = median(samples[ours.name] ?? [])
    const over = (name: string) => ourRate / median(samples[name] ?? [])
    return {
      unit: 'requests/s',
      samples,
      verdicts: [
        { what: 'share of bare', value: over(bare.name), unit: '×', target: 0.8, good: 'at least' },
        ...(hasEtcd
          ? [
              {
                what: 'over etcd',
                value: over(etcd.name),
                unit: '×',
                target: 4,
                good: 'at least',
              } as const,
            ]
          : []),
      ],
      ...(!hasEtcd && { notes: ['etcd is not on the PATH: not compared'] }),
    }
  },
}

async function keepAliveRate(url: string, seconds: number): Promise<number> {
  const granted = await fetch(`${url}/v3/lease/grant`, {
    method: 'POST',
    body: JSON.stringify({ TTL: 3600 }),
  })
  const { ID } = (await granted.json()) as { ID: string }
  const body = JSON.stringify({ ID })
  await post(`${url}/v3/lease/keepalive`, body)
  const load = { url, method: 'POST', path: '/v3/lease/keepalive', body } as const
  await runLoad({ ...load, connections: CONNECTIONS, seconds: 1 })
  return (await runLoad({ ...load, connections: CONNECTIONS, seconds })).requestsPerSecond
}
