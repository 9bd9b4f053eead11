import type { CardReceipt, CardVerification } from '@rollcall/protocol'
import { isApiError } from '../errors/api-error.ts'
import { agentPath, conditionHeaders } from './agent-requests.ts'
import type { CallOptions, ChangeOptions } from './call.ts'
import type { RegistryConnection } from './connection.ts'
import { requireObject } from './wire.ts'

/** The calls about the cards of agents; with the options and errors of `RegistryApi`. */
export class CardApi {
  readonly #connection: RegistryConnection

  /** @internal Use `RegistryApi.cards`. */
  constructor(connection: RegistryConnection) {
    this.#connection = connection
  }

  /**
   * Returns the card of an agent, dead or alive, byte for byte as it was sent; undefined if the agent
   * is unknown or has none.
   */
  async text(agentId: string, options?: CallOptions): Promise<string | undefined> {
    const call = { ...options, method: 'GET', path: cardPath(agentId) } as const
    return (await unlessMissing(this.#connection.text(call)))?.body
  }

  /** Returns the members of a card; see {@link text}. @throws NetworkError if it is not an object */
  async get(agentId: string, options?: CallOptions): Promise<Record<string, unknown> | undefined> {
    const call = { ...options, method: 'GET', path: cardPath(agentId) } as const
    const found = await unlessMissing(this.#connection.call<unknown>(call))
    return found && { ...requireObject(found.body) }
  }

  /**
   * Lets the registry verify the signatures of a card, with keys from the origins that its operator allows.
   *
   * @returns the result in the names of the wire; undefined if the agent is unknown or has no card
   */
  async verify(agentId: string, options?: CallOptions): Promise<CardVerification | undefined> {
    const call = { ...options, method: 'GET', path: `${cardPath(agentId)}/signatures` } as const
    const found = await unlessMissing(this.#connection.call<unknown>(call))
    return found && (requireObject(found.body) as unknown as CardVerification)
  }

  /**
   * Sets the card of an agent, and changes nothing else of it.
   *
   * @param card an object, or JSON text, which is then served byte for byte; at most 64 KiB
   * @returns the receipt in the names of the wire, with warnings about what is unusual in the card
   * @throws ApiError `VALIDATION_FAILED` with pointers to what no client could read
   */
  async set(
    agentId: string,
    card: object | string,
    options: ChangeOptions = {},
  ): Promise<CardReceipt> {
    return this.#change('PUT', agentId, { ...options, body: card })
  }

  /** Removes the card of an agent. Idempotent. */
  async remove(agentId: string, options: ChangeOptions = {}): Promise<CardReceipt> {
    return this.#change('DELETE', agentId, options)
  }

  async #change(
    method: 'PUT' | 'DELETE',
    agentId: string,
    options: ChangeOptions & { readonly body?: object | string },
  ): Promise<CardReceipt> {
    const path = cardPath(agentId)
    const headers = conditionHeaders(options)
    const { body } = await this.#connection.call<unknown>({ ...options, method, path, headers })
    return requireObject(body) as unknown as CardReceipt
  }
}

function cardPath(agentId: string): string {
  return `${agentPath(agentId)}/card`
}

/** Resolves to undefined if the agent is unknown, or has no card. */
function unlessMissing<T>(response: Promise<T>): Promise<T | undefined> {
  return response.catch((error) => {
    if (isApiError(error, 'AGENT_NOT_FOUND') || isApiError(error, 'CARD_NOT_FOUND'))
      return undefined
    throw error
  })
}
