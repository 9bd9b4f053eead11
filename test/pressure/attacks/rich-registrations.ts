import { pause } from '../aborted.ts'
import type { Attack } from '../attack.ts'
import { expandingMetadata } from '../expanding-metadata.ts'
import { AttackConnection } from '../raw-client.ts'
import { registrationBytes } from '../registration-bytes.ts'

const PER_SECOND = 20

/**
 * Registrations of agents with metadata of maximum length, at a rate that is negligible for other
 * agents. Each took 48 to 170 ms of the thread that serves heartbeats.
 */
export const richRegistrations: Attack = {
  name: 'rich-registrations',
  title: `${PER_SECOND} registrations a second with long metadata`,
  stores: ['sqlite', 'postgres'],
  async attack({ url }, signal) {
    const connection = new AttackConnection(url, signal).read()
    let sent = 0
    for (; !signal.aborted; sent++) {
      const metadata = expandingMetadata(sent)
      connection.socket.write(registrationBytes(`rich-${sent}`, { metadata }))
      await pause(1000 / PER_SECOND, signal)
    }
    return [{ what: 'registrations with a response', value: `${connection.responses} of ${sent}` }]
  },
}
