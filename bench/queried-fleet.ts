import { createStorageBackend } from '@rollcall/server'

/** Agents that each query finds. */
export const FOUND = 10
const REQUESTS = 500

/** Fills a store with agents of which some are rare. */
export async function fillStore(db: string, count: number): Promise<void> {
  await using repository = await createStorageBackend(db)
  const every = Math.floor(count / FOUND)
  for (let at = 0; at < count; at += 1000) {
    const group = Array.from({ length: Math.min(1000, count - at) }, (_, offset) => {
      const i = at + offset
      const isRare = i % every === every >> 1
      return repository.add({
        agentId: `agent-${i}`,
        agentName: `${isRare ? 'Rare' : 'Researcher'} ${i}`,
        host: '10.0.0.7',
        port: 8000,
        ttlSeconds: 3600,
        capabilities: isRare ? ['search', 'translate'] : ['search', 'summarize'],
        metadata: { region: isRare ? 'mars' : `eu-${i % 8}`, model: 'large' },
      })
    })
    await Promise.all(group)
  }
}

/** Milliseconds that answers take, one request after the other. */
export async function timesOf(url: string, found = FOUND): Promise<{ p50: number; p99: number }> {
  const times: number[] = []
  for (let i = 0; i < REQUESTS; i++) {
    const asked = performance.now()
    await ask(url, found)
    times.push(performance.now() - asked)
  }
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.floor(share * times.length)] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99) }
}

/** @param found how many agents the answer must have; 0: it is no list */
async function ask(url: string, found: number): Promise<void> {
  const answer: unknown = await (await fetch(url)).json()
  const isRight = found === 0 || (Array.isArray(answer) && answer.length === found)
  if (!isRight) throw new Error(`${url} did not find ${found} agents`)
}
