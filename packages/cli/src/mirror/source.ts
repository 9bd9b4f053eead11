/** Redirects that are followed, within the allowed origins. */
const MAX_REDIRECTS = 3

/** A document that was read, or why not. */
export type Download =
  | { readonly result: 'read'; readonly text: string }
  /** The server says that there is none any more. */
  | { readonly result: 'gone'; readonly reason: string }
  /** There may be one: the server failed, did not answer, or refused. */
  | { readonly result: 'unavailable'; readonly reason: string }

/** Whether an endpoint answers. */
export interface Probe {
  readonly isAlive: boolean
  /** Why it is not. */
  readonly reason: string
}

/** Reads documents of other servers and probes endpoints: of the given origins only, within a time and a size. */
export class Source {
  readonly #origins: ReadonlySet<string>
  readonly #timeoutMs: number
  readonly #signal: AbortSignal | undefined

  /**
   * @param options.origins from which anything may be fetched; `*`: from all
   * @param options.timeoutMs milliseconds for each request
   */
  constructor(options: {
    origins: readonly string[]
    timeoutMs: number
    signal?: AbortSignal | undefined
  }) {
    this.#origins = new Set(options.origins)
    this.#timeoutMs = options.timeoutMs
    this.#signal = options.signal
  }

  /** Returns the origin of a URL if nothing may be fetched from there; undefined: it may. */
  refusedOrigin(url: string): string | undefined {
    const { origin, protocol } = new URL(url)
    if (protocol !== 'http:' && protocol !== 'https:') return origin
    return this.#origins.has('*') || this.#origins.has(origin) ? undefined : origin
  }

  /** Reads a document of at most so many bytes. Throws only if the whole mirror was interrupted. */
  async read(url: string, maxBytes: number): Promise<Download> {
    try {
      const response = await this.#get(url)
      if (response.status === 404 || response.status === 410) {
        await response.body?.cancel()
        return { result: 'gone', reason: `the response has the status ${response.status}` }
      }
      if (response.status !== 200) {
        await response.body?.cancel()
        throw new Error(`the response has the status ${response.status}`)
      }
      return { result: 'read', text: await textOf(response, maxBytes) }
    } catch (error) {
      this.#signal?.throwIfAborted()
      return { result: 'unavailable', reason: reasonOf(error) }
    }
  }

  /** Asks whether anything answers at an endpoint. Every answer but a failure of the server counts. */
  async probe(url: string): Promise<Probe> {
    try {
      const response = await fetch(url, { redirect: 'manual', signal: this.#limit() })
      await response.body?.cancel()
      const { status } = response
      return { isAlive: status < 500, reason: `it answers with the status ${status}` }
    } catch (error) {
      this.#signal?.throwIfAborted()
      return { isAlive: false, reason: reasonOf(error) }
    }
  }

  async #get(url: string): Promise<Response> {
    const signal = this.#limit()
    const headers = { accept: 'application/json, application/*+json', 'a2a-version': '1.0' }
    let at = url
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const refused = this.refusedOrigin(at)
      if (refused !== undefined) throw new Error(`it is at ${refused}: ${allow(refused)}`)
      const response = await fetch(at, { redirect: 'manual', signal, headers })
      const location = response.headers.get('location')
      if (response.status < 300 || response.status > 399 || location === null) return response
      await response.body?.cancel()
      at = new URL(location, at).href
    }
    throw new Error(`it redirects more than ${MAX_REDIRECTS} times`)
  }

  #limit(): AbortSignal {
    const timeout = AbortSignal.timeout(this.#timeoutMs)
    return this.#signal ? AbortSignal.any([timeout, this.#signal]) : timeout
  }
}

/** Says how to allow an origin. */
export function allow(origin: string): string {
  return `add --allow-origin ${origin} if that is intended`
}

async function textOf(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    // Leaving the loop ends the download.
    if (bytes > maxBytes) throw new Error(`it has more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'it does not answer in time'
  const { cause } = error
  const reason = cause instanceof Error && cause.message !== '' ? cause.message : error.message
  return reason
}
