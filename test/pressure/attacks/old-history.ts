import { HttpClient } from '../../e2e/support/http-client.ts'
import type { Attack } from '../attack.ts'
import { registerCrowd } from '../crowd.ts'
import { repeatRequest, requestBytes } from '../raw-client.ts'
import { RegistrationTimes } from '../registration-times.ts'

/** For the concurrent registrations. */
const GOAL_MS = 250

/**
 * Clients that search the whole history without a match, while agents register. The thread that
 * writes also read it: a registration took 1 to 2 s.
 */
export const oldHistory: Attack = {
  name: 'old-history',
  title: 'searches of the whole history without a match, while agents register',
  stores: ['sqlite', 'postgres'],
  prepare: (context) => registerCrowd(context, context.size.history),
  async attack({ url, size }, signal) {
    const { body } = await new HttpClient(url).get<{ revision: number }>('/health')
    // Somewhat after the oldest retained change, which is trimmed as agents register.
    const since = Math.max(0, body.revision - Math.floor(size.history * 0.9))
    const bytes = requestBytes('GET', `/events?since=${since}&q=no-such-text&limit=1000`)
    const registrations = new RegistrationTimes(url)
    const registering = registrations.register(signal)
    const clients = Array.from({ length: size.clients }, () => repeatRequest(url, bytes, signal))
    const counts = await Promise.all(clients)
    await registering
    const value = counts.reduce((sum, count) => sum + count)
    return [{ what: 'searches with a response', value }, registrations.finding(GOAL_MS)]
  },
}
