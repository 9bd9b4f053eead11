import { aborted, pause } from '../aborted.ts'
import type { Attack } from '../attack.ts'
import { AttackConnection, openStreams, requestBytes, sendAll } from '../raw-client.ts'
import { registrationBytes } from '../registration-bytes.ts'

const CHANGES_EVERY_MS = 50

/** Streams requested one after the other on the same connection: pipelining opened 1300. */
export const pipelinedStreams: Attack = {
  name: 'pipelined-streams',
  title: 'streams with a snapshot, all on one connection',
  stores: ['sqlite', 'postgres'],
  async attack({ url, size }, signal) {
    const connection = new AttackConnection(url, signal).read()
    await connection.opened
    const one = requestBytes('GET', '/events?snapshot=true')
    connection.socket.write(Buffer.concat(new Array(size.pipelinedStreams).fill(one)))
    await aborted(signal)
    return undefined
  },
}

/** Many streams with a connection each, and concurrent changes. */
export const manyStreams: Attack = {
  name: 'many-streams',
  title: 'a large number of streams with a connection each, and changes',
  stores: ['sqlite', 'postgres'],
  async attack({ url, size }, signal) {
    const path = () => '/events?snapshot=true'
    const streams = await openStreams(url, { count: size.streams, path, signal })
    for (let turn = 0; !signal.aborted; turn++) {
      await sendAll(url, 1, () => registrationBytes(`changing-${turn}`), signal)
      await pause(CHANGES_EVERY_MS, signal)
    }
    return [{ what: 'streams', value: streams.filter(({ responses }) => responses > 0).length }]
  },
}
