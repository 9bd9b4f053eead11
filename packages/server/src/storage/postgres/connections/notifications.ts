import type { Client } from 'pg'
import type { PostgresDatabase } from './database.ts'

/** Receives the notifications of a channel. */
export interface ChannelListener {
  /** Called with the payload of each notification. */
  notified(payload: string): void
  /** Called when the connection starts to listen, or does so again: earlier notifications may be lost. */
  connected?(): void
  /** Called when the connection broke. */
  lost?(): void
}

/** Milliseconds between two attempts to connect. */
const RECONNECT_MS = 1000

/** The single connection on which a node listens to notifications. It is replaced when it breaks. */
export class PostgresNotifications {
  readonly #database: PostgresDatabase
  readonly #listeners = new Map<string, ChannelListener>()
  readonly #reconnect: NodeJS.Timeout
  #client: Client | undefined
  #connecting: Promise<void> | undefined
  #closed = false

  constructor(database: PostgresDatabase) {
    this.#database = database
    this.#reconnect = setInterval(() => this.#connect(), RECONNECT_MS).unref()
    // Deferred, so that channels added right away are listened to on the first connection.
    queueMicrotask(() => this.#connect())
  }

  /** Listens to a channel, with one listener per channel. If connected, resolves once listening. */
  async listen(channel: string, listener: ChannelListener): Promise<void> {
    this.#listeners.set(channel, listener)
    if (this.#client === undefined) return
    await this.#client.query(`LISTEN ${this.#client.escapeIdentifier(channel)}`)
    listener.connected?.()
  }

  /** Stops listening to a channel. */
  async unlisten(channel: string): Promise<void> {
    this.#listeners.delete(channel)
    await this.#client?.query(`UNLISTEN ${this.#client.escapeIdentifier(channel)}`)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#reconnect)
    await this.#connecting
    await this.#client?.end().catch(() => undefined)
  }

  #connect(): void {
    if (this.#closed || this.#client !== undefined) return
    this.#connecting ??= this.#open()
      // The database is unreachable; the timer retries.
      .catch(() => undefined)
      .finally(() => {
        this.#connecting = undefined
      })
  }

  async #open(): Promise<void> {
    const client = await this.#database.writes.connect()
    client.on('notification', ({ channel, payload = '' }) => {
      this.#listeners.get(channel)?.notified(payload)
    })
    client.once('end', () => {
      if (this.#client === client) this.#client = undefined
      for (const listener of this.#listeners.values()) listener.lost?.()
    })
    // From here on, `listen` itself handles listeners that are added.
    this.#client = client
    const channels = [...this.#listeners.keys()]
    try {
      for (const channel of channels) {
        await client.query(`LISTEN ${client.escapeIdentifier(channel)}`)
      }
    } catch (error) {
      client.end().catch(() => undefined)
      throw error
    }
    for (const channel of channels) this.#listeners.get(channel)?.connected?.()
  }
}
