import Database from 'better-sqlite3'
import { aborted } from '../aborted.ts'
import type { Attack } from '../attack.ts'
import { registerCrowd } from '../crowd.ts'
import { expandingMetadata } from '../expanding-metadata.ts'

const PREFIX = 'rich-'

/**
 * A restart with agents that have metadata of maximum length. With 5000 of them, responses took 2.6
 * to 11.6 s for 100 s, while the indexes were built. Their metadata is written into the file while
 * the node is down: registering them would take as long.
 */
export const richRestart: Attack = {
  name: 'rich-restart',
  title: 'a restart with agents that have long metadata',
  stores: ['sqlite'],
  prepare: (context) => registerCrowd(context, context.size.richRestart, PREFIX),
  async attack({ file, stop, start }, signal) {
    await stop('SIGTERM')
    const database = new Database(file)
    database.function('rich', (id) => JSON.stringify(expandingMetadata(String(id))))
    const { changes } = database
      .prepare(
        `UPDATE agents SET metadata = rich(agent_id), metadata_given_as = 'object'
         WHERE agent_id LIKE ? || '%'`,
      )
      .run(PREFIX)
    database.close()
    await start()
    await aborted(signal)
    return [{ what: 'agents with long metadata', value: changes }]
  },
}
