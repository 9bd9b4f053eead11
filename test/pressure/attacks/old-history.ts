import { HttpClient } from '../../e2e/support/http-client.ts'
import type { Attack } from '../attack.ts'
import { registerCrowd } from '../crowd.ts'
import { keepAsking, requestBytes } from '../raw-client.ts'
import { RegistrationTimes } from '../registration-times.ts'

/** Of the registrations beside the readers. */
const GOAL_MS = 250

/**
 * Clients that search the whole history for something that is not in it, while agents register. It was
 * read by the thread that writes: a registration took 1 to 2 s.
 */
export const oldHistory: Attack = {
  name: 'old-history',
  title: 'searches of the whole history for nothing, while agents register',
  stores: ['sqlite', 'postgres'],
  prepare: (context) => registerCrowd(context, context.size.history),
  async attack({ url, size }, signal) {
    const { body } = await new HttpClient(url).get<{ revision: number }>('/health')
    // Somewhat after the oldest that is kept, which goes as agents register.
    const since = Math.max(0, body.revision - Math.floor(size.history * 0.9))
    const bytes = requestBytes('GET', `/events?since=${since}&q=nothing-of-the-kind&limit=1000`)
    const registrations = new RegistrationTimes(url)
    const registering = registrations.register(signal)
    const clients = Array.from({ length: size.clients }, () => keepAsking(url, bytes, signal))
    const answers = await Promise.all(clients)
    await registering
    const value = answers.reduce((sum, count) => sum + count)
    return [{ what: 'searches answered', value }, registrations.finding(GOAL_MS)]
  },
}
