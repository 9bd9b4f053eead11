import { statSync } from 'node:fs'
import Database from 'better-sqlite3'
import type { Attack } from '../attack.ts'
import { sendAll } from '../raw-client.ts'
import { registrationBytes } from '../registration-bytes.ts'

const AGENTS = 1000

/**
 * Another process opens a read transaction on the file and never ends it: nothing can be
 * checkpointed from the write-ahead log, which grows with every registration.
 */
export const forgottenReader: Attack = {
  name: 'forgotten-reader',
  title: 'a read transaction that never ends, while agents register at full speed',
  stores: ['sqlite'],
  // Short enough not to fill a disk.
  seconds: () => 10,
  async attack({ url, file }, signal) {
    const reader = new Database(file, { readonly: true })
    reader.exec('BEGIN')
    reader.prepare('SELECT count(*) FROM agents').get()
    let turns = 0
    for (; !signal.aborted; turns++) {
      const agent_name = `in turn ${turns}`
      await sendAll(url, AGENTS, (i) => registrationBytes(`walked-${i}`, { agent_name }), signal)
    }
    const bytes = statSync(`${file}-wal`).size
    reader.close()
    return [
      { what: 'registrations', value: turns * AGENTS },
      {
        what: 'the write-ahead log',
        value: bytes / 2 ** 20,
        unit: 'MB',
      },
    ]
  },
}
