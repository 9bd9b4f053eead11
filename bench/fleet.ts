import { Agent, request } from 'node:http'

const keepAlive = new Agent({ keepAlive: true, maxSockets: 64 })

type Headers = Readonly<Record<string, string>>

/** Returns a realistic registration as JSON. `runLoad` replaces `{i}` in it. */
export function registration(i: number | string, extra: Record<string, unknown> = {}): string {
  return JSON.stringify({
    agent_id: `agent-${i}`,
    agent_name: `Researcher ${i}`,
    host: '10.0.0.7',
    port: 8000,
    capabilities: ['search', 'summarize'],
    metadata: { region: 'eu-1', model: 'large' },
    ...extra,
  })
}

/**
 * Registers agents `agent-0` to `agent-(count - 1)`, 64 at a time.
 *
 * @param extra additional fields: the same for every agent, or a function of its number
 * @param options.prefix the beginning of the ids, in place of `agent-`
 * @param options.headers sent with each registration; default: none
 */
export async function fill(
  url: string,
  count: number,
  extra: Record<string, unknown> | ((i: number) => Record<string, unknown>) = {},
  { prefix = 'agent-', headers = {} }: { prefix?: string; headers?: Headers } = {},
) {
  let next = 0
  const worker = async () => {
    while (next < count) {
      const i = next++
      const body = registration(i, {
        agent_id: `${prefix}${i}`,
        ...(typeof extra === 'function' ? extra(i) : extra),
      })
      const status = await post(`${url}/agents/register`, body, headers)
      if (status !== 200) throw new Error(`a registration failed with status ${status}`)
    }
  }
  await Promise.all(Array.from({ length: 64 }, worker))
}

/** Sends a JSON body, drains the response and returns its status. */
export function post(url: string, body: string, given: Headers = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...given,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    }
    request(url, { method: 'POST', agent: keepAlive, headers }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0))
    })
      .once('error', reject)
      .end(body)
  })
}

/** Returns the bodies of batches that renew `agent-0` to `agent-(count - 1)`. */
export function batches(count: number, size: number, prefix = 'agent-'): string[] {
  const ids = Array.from({ length: count }, (_, i) => `${prefix}${i}`)
  return Array.from({ length: Math.ceil(count / size) }, (_, i) =>
    JSON.stringify({ agent_ids: ids.slice(i * size, (i + 1) * size) }),
  )
}
