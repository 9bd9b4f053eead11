import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { takeBaseBackup } from './base-backup.ts'
import { freePort } from './free-port.ts'
import { PostgresFolder } from './postgres-folder.ts'
import { type PostgresOptions, PostgresServer } from './postgres-server.ts'
import { chownToPostgres } from './postgres-user.ts'

/** Lag at which `catchUp` gives up. */
const CAUGHT_UP_WITHIN_MS = 30_000

/** A server that follows another one by streaming replication, until it is promoted. */
export class PostgresReplica extends PostgresServer {
  /**
   * Name at the primary: its `application_name`, for `synchronous_standby_names`, and the name of
   * its replication slot.
   */
  readonly name = `replica_${randomBytes(4).toString('hex')}`

  /**
   * Creates a replica from a base backup of a running server. It has the users, passwords and
   * settings of the primary.
   */
  static async of(
    primary: PostgresServer,
    options: PostgresOptions = {},
  ): Promise<PostgresReplica> {
    const { password } = new URL(primary.url())
    const port = options.port ?? (await freePort())
    const folder = new PostgresFolder(options.isInMemory ?? false)
    const replica = new PostgresReplica(folder, port, password)
    return replica.begin(async () => {
      // From here on the primary retains the WAL that the replica has yet to read.
      await primary.query('SELECT pg_create_physical_replication_slot($1, true)', [replica.name])
      const { data } = replica.folder
      await takeBaseBackup(primary.url(), await dataFolderOf(primary), data)
      await writeFile(join(data, 'standby.signal'), '')
      await replica.configure({
        primary_conninfo: `${primary.url()}?application_name=${replica.name}`,
        primary_slot_name: replica.name,
        // Reconnects soon after the primary restarts; the default is five seconds.
        wal_retrieve_retry_interval: '100ms',
        ...options.settings,
      })
      chownToPostgres(data)
    })
  }

  /** Whether the server is still a standby and rejects writes. */
  async isInRecovery(): Promise<boolean> {
    const [row] = await this.query<{ answer: boolean }>('SELECT pg_is_in_recovery() AS answer')
    return row?.answer ?? false
  }

  /** Resolves once everything committed on the primary before the call is visible here. */
  async catchUp(primary: PostgresServer): Promise<void> {
    const [committed] = await primary.query<{ lsn: string }>('SELECT pg_current_wal_lsn() AS lsn')
    const giveUpAt = performance.now() + CAUGHT_UP_WITHIN_MS
    const isBehind = `SELECT pg_last_wal_replay_lsn() < $1::pg_lsn AS answer`
    for (;;) {
      const [row] = await this.query<{ answer: boolean | null }>(isBehind, [committed?.lsn])
      if (row?.answer === false) return
      if (performance.now() > giveUpAt) throw new Error(`The replica is behind:\n${this.log}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  /** Promotes the replica to a primary. Resolves once it accepts writes. */
  async promote(): Promise<void> {
    const [row] = await this.query<{ answer: boolean }>('SELECT pg_promote() AS answer')
    if (row?.answer !== true) throw new Error(`The replica was not promoted:\n${this.log}`)
  }
}

async function dataFolderOf(server: PostgresServer): Promise<string> {
  const [row] = await server.query<{ path: string }>(
    `SELECT current_setting('data_directory') AS path`,
  )
  return row?.path ?? ''
}
