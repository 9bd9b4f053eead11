import { expect } from 'vitest'
import { PostgresReplica } from '../../postgres/support/postgres-replica.ts'
import { PostgresServer } from '../../postgres/support/postgres-server.ts'

/**
 * A primary with a standby. By default it is synchronous: the primary acknowledges only what the standby
 * has on disk too.
 */
export class ReplicatedDatabase implements AsyncDisposable {
  readonly primary: PostgresServer
  readonly standby: PostgresReplica
  readonly #database: string

  private constructor(primary: PostgresServer, standby: PostgresReplica, database: string) {
    this.primary = primary
    this.standby = standby
    this.#database = database
  }

  static async launch({ isSynchronous = true } = {}): Promise<ReplicatedDatabase> {
    const primary = await PostgresServer.launch()
    const { pathname } = new URL(await primary.createDatabase())
    const standby = await PostgresReplica.of(primary)
    if (isSynchronous) {
      await primary.query(`ALTER SYSTEM SET synchronous_standby_names = '${standby.name}'`)
      await primary.query('SELECT pg_reload_conf()')
      const states = 'SELECT sync_state FROM pg_stat_replication'
      await expect.poll(() => primary.query(states)).toEqual([{ sync_state: 'sync' }])
    }
    return new ReplicatedDatabase(primary, standby, pathname.slice(1))
  }

  /** URL of some of the servers, in the order in which to try them. */
  url(servers: readonly PostgresServer[]): string {
    const { username, password } = new URL(this.primary.url())
    const hosts = servers.map(({ port }) => `127.0.0.1:${port}`).join(',')
    return `postgres://${username}:${password}@${hosts}/${this.#database}?target_session_attrs=read-write`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.standby[Symbol.asyncDispose]()
    await this.primary[Symbol.asyncDispose]()
  }
}
