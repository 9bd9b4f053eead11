import type { RequestListener } from 'node:http'
import { createServer, type Server, type ServerOptions } from 'node:https'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { hasCertificate } from '../../access/certificates/client-certificates.ts'
import type { TlsOptions } from '../../access/certificates/tls-options.ts'
import { type FileReporter, FollowedFiles } from '../../access/followed-files.ts'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import type { OpenConnections } from '../connections/open-connections.ts'
import { keepsAuthorities, type ServerIdentity, serverIdentity } from './server-identity.ts'

/** Reports what happens to the files to the operator. */
export type TlsReporter = FileReporter<unknown>

/** Creates a server that speaks TLS, with files that are read again when they change. */
export class ServerTls {
  readonly #options: TlsOptions
  readonly #reporter: TlsReporter
  #files: FollowedFiles<ServerIdentity> | undefined
  #identity: ServerIdentity | undefined
  #server: Server | undefined
  #connections: OpenConnections | undefined

  constructor(options: TlsOptions, reporter: TlsReporter) {
    this.#options = options
    this.#reporter = reporter
  }

  /**
   * Creates the server. It needs {@link open} before it listens.
   *
   * @param parts.connections tracks its connections
   */
  createServer(
    options: ServerOptions,
    { handler, connections }: { handler: RequestListener; connections: OpenConnections },
  ): Server {
    const asksClients = this.#options.clientCaFile !== undefined
    const server = createServer(
      {
        ...options,
        noDelay: true,
        handshakeTimeout: SERVER_LIMITS.handshakeSeconds.value * 1000,
        requestCert: asksClients,
        // Callers may have a token instead. Those with a certificate that is not valid are refused with a reason.
        rejectUnauthorized: false,
      },
      handler,
    )
    this.#server = server
    this.#connections = connections
    return server
  }

  /** Reads the files, and follows their changes. @throws Error that names them, and what is wrong */
  async open(): Promise<void> {
    const { certFile, keyFile, clientCaFile } = this.#options
    const paths = [certFile, keyFile, ...(clientCaFile === undefined ? [] : [clientCaFile])]
    const kind = { name: 'TLS files', paths, parse: serverIdentity }
    this.#files = await FollowedFiles.open<ServerIdentity>(kind, {
      reloaded: (identity) => {
        this.#apply(identity)
        this.#reporter.reloaded(identity)
      },
      failed: (problem) => this.#reporter.failed(problem),
    })
    this.#apply(this.#files.content)
    this.#files.watch()
  }

  /** Ends handshakes. The server knows nothing of them, and would wait until their time is over. */
  closeHandshakes(): void {
    this.#closeIf((socket) => !(socket instanceof TLSSocket))
  }

  /** Follows no more changes of the files. */
  close(): void {
    this.#files?.close()
  }

  /** New connections use the identity; those that are open keep theirs, unless their authority is gone. */
  #apply(identity: ServerIdentity): void {
    const before = this.#identity
    this.#identity = identity
    this.#server?.setSecureContext(identity)
    if (before === undefined || keepsAuthorities(before, identity)) return
    // A handshake that has begun still asks for the authorities from before.
    this.#closeIf((socket) => !(socket instanceof TLSSocket) || hasCertificate(socket))
  }

  #closeIf(isMeant: (socket: Socket) => boolean): void {
    for (const { socket } of this.#connections ?? []) {
      if (isMeant(socket)) socket.destroy()
    }
  }
}
