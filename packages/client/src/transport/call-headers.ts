import { NetworkError } from '../errors/network-error.ts'

/** A value, or a function that is asked for it with every call. */
export type Supplied<T> = T | (() => T | Promise<T>)

/** What a gateway or proxy in front of the registry wants to see. */
export interface CallHeaders {
  /** Sent as `authorization: Bearer`; a function is asked anew for each call. Default: none. */
  readonly token?: Supplied<string> | undefined
  /** Sent with each call; a function is asked anew for each. They win over `token`. Default: none. */
  readonly headers?: Supplied<Readonly<Record<string, string>>> | undefined
}

/**
 * The headers of the next call, names in lower case.
 *
 * @throws NetworkError when a function could not supply them: it may the next time
 * @throws TypeError for what HTTP cannot carry, without its value
 */
export async function suppliedHeaders({
  token,
  headers,
}: CallHeaders): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  const bearer = await supplied('token', token)
  if (bearer !== undefined) found.authorization = `Bearer ${bearer}`
  for (const [name, value] of Object.entries((await supplied('headers', headers)) ?? {})) {
    found[name.toLowerCase()] = value
  }
  for (const [name, value] of Object.entries(found)) requireHeader(name, value)
  return found
}

async function supplied<T>(name: string, value: Supplied<T> | undefined): Promise<T | undefined> {
  if (typeof value !== 'function') return value
  try {
    return await (value as () => T | Promise<T>)()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new NetworkError(`the function given as \`${name}\` failed: ${reason}`, error)
  }
}

function requireHeader(name: string, value: string): void {
  try {
    new Headers([[name, value]])
  } catch {
    throw new TypeError(`the header "${name}" holds what HTTP cannot carry`)
  }
}
