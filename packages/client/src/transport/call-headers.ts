import { NetworkError } from '../errors/network-error.ts'

/** A value, or a function that returns it for each call. */
export type Supplied<T> = T | (() => T | Promise<T>)

/** Credentials and headers for the registry, or a gateway or proxy in front of it. */
export interface CallHeaders {
  /**
   * Sent as `authorization: Bearer`; a function is called for each request. Default: the environment variable
   * `ROLLCALL_TOKEN`, else the content of the file in `ROLLCALL_TOKEN_FILE`, which is read for each request.
   */
  readonly token?: Supplied<string> | undefined
  /**
   * Sent with each request; a function is called for each. They override `token`. Default: none.
   */
  readonly headers?: Supplied<Readonly<Record<string, string>>> | undefined
}

/**
 * Returns the headers of the next call, with lower-case names.
 *
 * @throws NetworkError if a function fails, since it may succeed the next time
 * @throws TypeError for an invalid header; the message omits its value, which may be secret
 */
export async function resolveHeaders({
  token,
  headers,
}: CallHeaders): Promise<Record<string, string>> {
  const resolved: Record<string, string> = {}
  const bearer = await resolve('token', token)
  if (bearer !== undefined) resolved.authorization = `Bearer ${bearer}`
  for (const [name, value] of Object.entries((await resolve('headers', headers)) ?? {})) {
    resolved[name.toLowerCase()] = value
  }
  for (const [name, value] of Object.entries(resolved)) resolved[name] = headerValue(name, value)
  return resolved
}

async function resolve<T>(name: string, value: Supplied<T> | undefined): Promise<T | undefined> {
  if (typeof value !== 'function') return value
  try {
    return await (value as () => T | Promise<T>)()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new NetworkError(`the function given as \`${name}\` failed: ${reason}`, error)
  }
}

/** Returns a value without the line break at its end that secrets from files have, as HTTP knows no such value. */
function headerValue(name: string, value: string): string {
  try {
    return new Headers([[name, value]]).get(name) ?? value
  } catch {
    throw new TypeError(`the header "${name}" has an invalid name or value`)
  }
}
