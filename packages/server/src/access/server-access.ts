import type { Server } from 'node:net'
import { type Clock, systemClock } from '../domain/clock.ts'
import { AccessControl, type AnonymousAccess } from './access-control.ts'
import { isLoopback } from './loopback.ts'
import { StoredTokens } from './stored-tokens.ts'
import { TokenFile, type TokenFileReporter } from './token-file.ts'
import { tokenStoreOf } from './token-store.ts'

/** Options of the access control of a server. */
export interface ServerAccessOptions {
  /**
   * File with the tokens of callers, one per line: `name scope patterns token`, with patterns such as `team-a:*`
   * separated by commas, and the token in clear text or as `sha256:HEX`. Read again when it changes. Default: none.
   */
  readonly tokenFile?: string | undefined
  /**
   * What callers without a token may do once there are tokens: `none`, `read`, or `auto` (`read` if only this machine
   * reaches the server, otherwise `none`). Default `auto`. Without tokens, `auto` means that every caller may do
   * everything.
   */
  readonly anonymous?: AnonymousAccess | undefined
  /** Listen on other addresses than loopback although every caller may do everything; default false. */
  readonly insecure?: boolean | undefined
}

/** The access control of a server: opens what callers are identified by, and says whether it is enough. */
export class ServerAccess {
  readonly control: AccessControl
  readonly #options: ServerAccessOptions
  readonly #reporter: TokenFileReporter
  readonly #clock: Pick<Clock, 'wallMs'>
  #file: TokenFile | undefined
  #tokens: StoredTokens | undefined

  /** @param parts.isPublic whether others reach the server through a proxy */
  constructor(
    options: ServerAccessOptions,
    parts: { isPublic: boolean; reporter: TokenFileReporter; clock?: Clock | undefined },
  ) {
    this.#options = options
    this.#reporter = parts.reporter
    this.#clock = parts.clock ?? systemClock
    this.control = new AccessControl({ ...options, isPublic: parts.isPublic })
  }

  /** The tokens of the store, once it is open; undefined: it keeps none. */
  get tokens(): StoredTokens | undefined {
    return this.#tokens
  }

  /** Reads the token file. @throws Error that names the file, and the line that is invalid */
  async openFile(): Promise<void> {
    const { tokenFile } = this.#options
    if (tokenFile === undefined) return
    this.#file = await TokenFile.open(tokenFile, this.#reporter)
    this.#file.watch()
    this.control.add(this.#file)
    this.control.turnOn()
  }

  /** Reads the tokens of a store, if it keeps any. */
  async openTokens(store: object & { capabilities: { shared: boolean } }): Promise<void> {
    const tokenStore = tokenStoreOf(store)
    if (tokenStore === undefined) return
    this.#tokens = new StoredTokens({
      store: tokenStore,
      clock: this.#clock,
      isShared: store.capabilities.shared,
      found: () => this.control.turnOn(),
    })
    this.control.add(this.#tokens)
    await this.#tokens.open()
  }

  /** Notes the address to listen on. Returns why that is refused; undefined: it is not. */
  refusalOf(host: string): string | undefined {
    if (isLoopback(host)) return undefined
    this.control.expose()
    if (this.control.isOn || this.#options.insecure) return undefined
    return (
      `refusing to listen on ${host || 'all addresses'} without access control: every machine that reaches it could ` +
      'replace and delete agents. Create a token (rollcall token create --db URL --name NAME --scope admin), name a ' +
      'file with tokens (--token-file FILE), or listen on this machine only (--host 127.0.0.1). --insecure starts ' +
      'it as it is.'
    )
  }

  /** Notes where a server listens, once it does: an application may let it listen by itself. */
  watch<S extends Server>(server: S): S {
    return server.on('listening', () => {
      const address = server.address()
      // Who may use a socket in the file system is decided by the rights of the file.
      if (address === null || typeof address === 'string') return
      if (!isLoopback(address.address)) this.control.expose()
    })
  }

  /** Follows no more changes of tokens. */
  close(): void {
    this.#file?.close()
    this.#tokens?.close()
  }
}
