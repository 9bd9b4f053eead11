import { createStorageBackend } from '@rollcall/server'

/** The number of agents that each query finds. */
export const FOUND = 10
/** Requests per measurement. */
export const REQUESTS = 500

/** Fills a store with agents, {@link FOUND} of which have rare terms. */
export async function fillStore(db: string, count: number): Promise<void> {
  await using repository = await createStorageBackend(db)
  for (let at = 0; at < count; at += 1000) {
    const group = Array.from({ length: Math.min(1000, count - at) }, (_, offset) => {
      const i = at + offset
      const { agent_name, ...profile } = searchedProfile(i, count)
      return repository.add({
        agentId: `agent-${i}`,
        agentName: agent_name,
        host: '10.0.0.7',
        port: 8000,
        ttlSeconds: 3600,
        ...profile,
      })
    })
    await Promise.all(group)
  }
}

/** What queries search of an agent, in wire names; of so many agents, {@link FOUND} have rare terms. */
export function searchedProfile(i: number, count: number) {
  const every = Math.floor(count / FOUND)
  const isRare = i % every === every >> 1
  return {
    agent_name: `${isRare ? 'Rare' : 'Researcher'} ${i}`,
    capabilities: isRare ? ['search', 'translate'] : ['search', 'summarize'],
    metadata: { region: isRare ? 'mars' : `eu-${i % 8}`, model: 'large' },
  }
}

/** Sends requests without measuring them, until the server has compiled the code that serves them. */
export async function warmUp(url: string, requests: number, found = FOUND): Promise<void> {
  for (let i = 0; i < requests; i++) await query(url, found)
}

/** Measures response times of {@link REQUESTS} sequential requests, in milliseconds. */
export async function timesOf(url: string, found = FOUND): Promise<{ p50: number; p99: number }> {
  const times: number[] = []
  for (let i = 0; i < REQUESTS; i++) {
    const began = performance.now()
    await query(url, found)
    times.push(performance.now() - began)
  }
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.floor(share * times.length)] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99) }
}

/** @param found the expected number of agents; 0 if the response is not a list */
async function query(url: string, found: number): Promise<void> {
  const body: unknown = await (await fetch(url)).json()
  const isCorrect = found === 0 || (Array.isArray(body) && body.length === found)
  if (!isCorrect) throw new Error(`${url} did not find ${found} agents`)
}
