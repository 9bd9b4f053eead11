import { isLoopback } from '../loopback.ts'

/** Milliseconds in which a document must have arrived. */
const TIMEOUT_MS = 5000
/** Most bytes of a document; those of large providers have some ten thousand. */
const MAX_BYTES = 1024 * 1024

/** Whether documents may be fetched from a URL: whoever can change them on their way could forge tokens. */
export function isTrustworthyUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(hostOf(url)))
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

/** Where keys are published. */
export interface KeyPublication {
  readonly issuer: string
  /** Default: what the OpenID configuration of the issuer names. */
  readonly jwksUrl?: string | undefined
}

/**
 * Fetches the keys of an issuer.
 *
 * @param timeoutMs milliseconds in which each document must have arrived; default 5000
 * @throws Error with the reason
 */
export async function downloadKeys(
  { issuer, jwksUrl }: KeyPublication,
  timeoutMs = TIMEOUT_MS,
): Promise<string> {
  return downloadDocument(jwksUrl ?? (await discoverKeys(issuer, timeoutMs)), timeoutMs)
}

/** Returns the URL of the keys in the OpenID configuration of an issuer. */
async function discoverKeys(issuer: string, timeoutMs: number): Promise<string> {
  const at = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const found = JSON.parse(await downloadDocument(at, timeoutMs)) as {
    issuer?: unknown
    jwks_uri?: unknown
  } | null
  if (found?.issuer !== issuer) throw new Error(`${at} is of another issuer`)
  if (typeof found.jwks_uri !== 'string' || !isTrustworthyUrl(found.jwks_uri)) {
    throw new Error(`${at} has no jwks_uri that begins with https://`)
  }
  return found.jwks_uri
}

/**
 * Fetches a document of at most a megabyte; follows no redirects.
 *
 * @param timeoutMs milliseconds in which it must have arrived; default 5000
 * @throws Error with the reason
 */
export async function downloadDocument(url: string, timeoutMs = TIMEOUT_MS): Promise<string> {
  const signal = AbortSignal.timeout(timeoutMs)
  const headers = { accept: 'application/json, application/jwk-set+json' }
  try {
    // A redirect could lead to an address that nobody has checked.
    const response = await fetch(url, { signal, headers, redirect: 'error' })
    if (response.status !== 200) throw new Error(`the response has the status ${response.status}`)
    return await bounded(response)
  } catch (error) {
    throw new Error(`${url} cannot be read: ${reasonOf(error as Error)}`, { cause: error })
  }
}

async function bounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > MAX_BYTES) throw new Error(`the response is larger than ${MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** The error of `fetch` only says that it failed; its cause says why. */
function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error ? `${message} (${cause.message})` : message
}
