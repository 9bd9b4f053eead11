/** What any call may be given. */
export interface CallOptions {
  /** Ends the call; it then rejects with the reason of the signal. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds to wait for the answer; default 5000. */
  readonly timeoutMs?: number | undefined
}

/** What the client asks of `fetch`. */
export interface FetchRequest {
  /** `GET`, `POST` or `DELETE`. */
  readonly method: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** JSON. */
  readonly body?: string
  /** Ends the call, or the stream. */
  readonly signal: AbortSignal
}

/** What the client needs of a `Response`. */
export interface FetchResponse {
  /** Of HTTP. */
  readonly status: number
  /** The status is 200 to 299. */
  readonly ok: boolean
  /** Whatever the case of their names. */
  readonly headers: Pick<Headers, 'get'>
  /** For streams. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null
  /** The whole body. */
  text(): Promise<string>
}

/** The `fetch` of the platform, or anything that can as much of it as the client uses. */
export type Fetch = (url: string, request: FetchRequest) => Promise<FetchResponse>

/** One call of the HTTP interface. */
export interface Call extends CallOptions {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** From the root of the registry, such as `/agents`. */
  readonly path: string
  readonly body?: object | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Made also when the signal of the client has ended everything else. Default false. */
  readonly outlivesClient?: boolean | undefined
}

/** A good answer, read whole. */
export interface Answer<T> {
  readonly body: T
  readonly headers: FetchResponse['headers']
}
