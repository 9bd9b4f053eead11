import type { AccessToken } from '../../access/access-token.ts'
import { MemoryTokenStore } from '../memory/token-store.ts'
import type { SqliteWriter } from './threads/writer.ts'

/** Keeps tokens in memory and, before that, in the file. */
export class SqliteTokenStore extends MemoryTokenStore {
  readonly #writer: SqliteWriter

  /** @param tokens those in the file */
  constructor(writer: SqliteWriter, tokens: readonly AccessToken[]) {
    super(tokens)
    this.#writer = writer
  }

  override async create(token: AccessToken): Promise<void> {
    await this.#writer.request({ kind: 'saveToken', token })
    await super.create(token)
  }

  override async revoke(id: string): Promise<boolean> {
    await this.#writer.request({ kind: 'deleteToken', id })
    return super.revoke(id)
  }
}
