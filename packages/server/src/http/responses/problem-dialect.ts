/** Error codes of ARD, by status. */
const ARD_CODES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'UNAUTHENTICATED',
  404: 'NOT_FOUND',
  405: 'NOT_FOUND',
  429: 'RATE_LIMIT_EXCEEDED',
}

/** The path of the MCP Registry API. */
const MCP_REGISTRY = '/v0.1/'

/** What the clients of a protocol expect in an error, besides what is in every problem document. */
export class ProblemDialect {
  /** With a slash at its end; undefined: ARD is not served. */
  readonly #ard: string | undefined
  readonly #hasMcpRegistry: boolean

  constructor(
    settings: { hasArd: boolean; hasMcpRegistry: boolean; ardPrefix: string } = {
      hasArd: true,
      hasMcpRegistry: true,
      ardPrefix: '/ard',
    },
  ) {
    this.#ard = settings.hasArd ? `${settings.ardPrefix}/` : undefined
    this.#hasMcpRegistry = settings.hasMcpRegistry
  }

  /**
   * Returns the further members of an error; none, for our own API.
   *
   * @param url of the request, as it was sent
   */
  membersFor(
    url: string,
    { status, detail }: { readonly status: number; readonly detail: string },
  ): Readonly<Record<string, string>> {
    if (this.#ard !== undefined && url.startsWith(this.#ard)) {
      const fallback = status < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL_ERROR'
      return { errorCode: ARD_CODES[status] ?? fallback, message: detail }
    }
    return this.#hasMcpRegistry && url.startsWith(MCP_REGISTRY) ? { error: detail } : {}
  }
}
