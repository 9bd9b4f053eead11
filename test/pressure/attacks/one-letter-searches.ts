import type { Attack } from '../attack.ts'
import { repeatRequest, requestBytes, sendAll } from '../raw-client.ts'
import { registrationBytes } from '../registration-bytes.ts'
import { shedRequests } from '../shed-requests.ts'

const CLIENTS = 10
const LOADS = 100

/**
 * The most expensive query there is: nearly every agent contains the letter, there is no index of loads, and the
 * largest page is wanted.
 */
export const oneLetterSearches: Attack = {
  name: 'one-letter-searches',
  title: 'ten clients that repeatedly search a very large fleet for one letter, sorted by load',
  stores: ['sqlite', 'postgres'],
  p99GoalMs: 50,
  registry: { args: ['--max-agents', '2000000'] },
  async prepare({ url, size }) {
    const missing = await sendAll(url, size.searchedAgents, (index) =>
      registrationBytes(`searched-${index}`, {
        agent_name: `Researcher ${index}`,
        capabilities: ['search', 'summarize'],
        load: (index % LOADS) / LOADS,
      }),
    )
    if (missing > 0) throw new Error(`${missing} registrations got no response`)
  },
  async attack({ url }, signal) {
    const search = requestBytes('GET', '/agents?q=a&sort=load&limit=1000')
    const clients = Array.from({ length: CLIENTS }, () => repeatRequest(url, search, signal))
    const counts = await Promise.all(clients)
    return [{ what: 'searches', value: counts.reduce((sum, count) => sum + count) }]
  },
  inspect: shedRequests,
}
