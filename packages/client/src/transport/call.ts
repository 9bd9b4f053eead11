/** Options of every call. */
export interface CallOptions {
  /** Aborts the call, which then rejects with the abort reason. */
  readonly signal?: AbortSignal | undefined
  /** Timeout in milliseconds; default 5000. */
  readonly timeoutMs?: number | undefined
}

/** Conditions under which an agent is changed. */
export interface ChangeOptions extends CallOptions {
  /** The instance that asks: `SUPERSEDED` unless it is the current one. Default: any. */
  readonly instanceId?: string | undefined
  /** Revision of the agent: `PRECONDITION_FAILED` at any other. Default: any. */
  readonly ifRevision?: number | undefined
}

/** The request that the client passes to `fetch`. */
export interface FetchRequest {
  /** `GET`, `POST` or `DELETE`. */
  readonly method: string
  /** Headers with lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** JSON text. */
  readonly body?: string
  /** Aborts the request or the stream. */
  readonly signal: AbortSignal
}

/** The part of a `Response` that the client uses. */
export interface FetchResponse {
  /** HTTP status code. */
  readonly status: number
  /** Whether the status is 200 to 299. */
  readonly ok: boolean
  /** Headers with case-insensitive names. */
  readonly headers: Pick<Headers, 'get'>
  /** The body as a stream. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null
  /** Reads the whole body. */
  text(): Promise<string>
}

/** The `fetch` of the platform, or any function that implements the part the client uses. */
export type Fetch = (url: string, request: FetchRequest) => Promise<FetchResponse>

/** A call of the HTTP interface. */
export interface Call extends CallOptions {
  /** The HTTP method. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path below the URL of the registry, such as `/agents`. */
  readonly path: string
  /** An object, or JSON text that is sent as it is. */
  readonly body?: object | string | undefined
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Whether to make the call even if the signal of the client is aborted. Default false. */
  readonly outlivesClient?: boolean | undefined
}

/** A successful response with its parsed body. */
export interface CallResult<T> {
  readonly body: T
  readonly headers: FetchResponse['headers']
}
