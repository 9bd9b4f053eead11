import { readFileSync } from 'node:fs'
import type { Agent } from 'node:https'
import type { Socket } from 'node:net'
import { builtinModule, fromEnvironment } from '../options/platform.ts'

/** Files with which a client checks a registry, and proves who it is; all as PEM. */
export interface ClientTlsFiles {
  /** The authorities that may have issued the certificate of the registry; default: those of Node. */
  readonly caFile?: string | undefined
  /** The certificate of the client, and those between it and its authority; default: none. */
  readonly certFile?: string | undefined
  /** The private key of that certificate, without a passphrase. */
  readonly keyFile?: string | undefined
}

/** What is in the files. */
interface Material {
  readonly ca: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
}

/**
 * Returns files, by default those in the environment.
 *
 * @throws TypeError for a certificate without its key, or a key without its certificate
 */
export function tlsFilesOf(files: ClientTlsFiles | undefined): ClientTlsFiles {
  const found = files ?? {
    caFile: fromEnvironment('ROLLCALL_CA_FILE'),
    certFile: fromEnvironment('ROLLCALL_CERT_FILE'),
    keyFile: fromEnvironment('ROLLCALL_KEY_FILE'),
  }
  if ((found.certFile === undefined) === (found.keyFile === undefined)) return found
  throw new TypeError('a client certificate needs both certFile and keyFile')
}

/** Connections to registries over TLS, with files that are read again for each request. */
export class TlsAgents {
  readonly #files: ClientTlsFiles
  #material: Material | undefined
  #agent: Agent | undefined

  constructor(files: ClientTlsFiles) {
    this.#files = files
  }

  /**
   * Returns the connections for the files as they are now; undefined: there are none. Files that are half written
   * are used as they were before.
   *
   * @throws Error if they could not be used so far
   */
  current(): Agent | undefined {
    const { caFile, certFile } = this.#files
    if (caFile === undefined && certFile === undefined) return undefined
    try {
      this.#use(this.#read())
    } catch (error) {
      if (this.#agent === undefined) throw error
    }
    return this.#agent
  }

  #read(): Material {
    const { caFile, certFile, keyFile } = this.#files
    return { ca: contentOf(caFile), cert: contentOf(certFile), key: contentOf(keyFile) }
  }

  #use(material: Material): void {
    const { ca, cert, key } = material
    const used = this.#material
    if (used && used.ca === ca && used.cert === cert && used.key === key) return
    const tls = builtinModule<typeof import('node:tls')>('node:tls')
    const https = builtinModule<typeof import('node:https')>('node:https')
    // Fails for a key that is not that of the certificate.
    tls?.createSecureContext({ ca, cert, key })
    const before = this.#agent
    this.#agent = https && new https.Agent({ keepAlive: true, ca, cert, key })
    this.#material = material
    // Requests in flight are completed first.
    if (before) retire(before)
  }
}

/** Closes idle connections, and the others once their response is there. */
function retire(agent: Agent): void {
  agent.on('free', (socket: Socket) => socket.destroy())
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy()
  }
}

function contentOf(file: string | undefined): string | undefined {
  return file === undefined ? undefined : readFileSync(file, 'utf8')
}
