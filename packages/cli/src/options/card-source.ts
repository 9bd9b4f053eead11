import { readFile, stat } from 'node:fs/promises'
import { LIMITS } from '@rollcall/protocol'
import { CommandFailure } from '../output/failure.ts'

/** The text of a card, and where it is served if it comes from there. */
export interface SourcedCard {
  readonly text: string
  readonly url: string | undefined
}

/** Where agents of A2A have their card: below their URL, or below the root of its host. */
const WELL_KNOWN = '.well-known/agent-card.json'

/**
 * Reads a card from a file or an http(s) URL: that of the card, or that of an A2A agent. Redirects are followed: the
 * user of the command has named the address.
 *
 * @param source the path of a file, or a URL
 * @param timeoutMs milliseconds in which a URL must respond
 * @throws CommandFailure with the reason
 */
export async function readCardFrom(source: string, timeoutMs: number): Promise<SourcedCard> {
  try {
    if (/^https?:\/\//i.test(source)) return await readFromFirst(placesOf(source), timeoutMs)
    return { text: textOf(await bytesIn(source)), url: undefined }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CommandFailure('FAILED', `the card ${source} cannot be read: ${reason}`)
  }
}

/** Returns the URL, and where the card is if that is the URL of an agent. */
function placesOf(source: string): string[] {
  const { pathname } = new URL(source)
  if (pathname.endsWith('.json')) return [source]
  const below = `${pathname}${pathname.endsWith('/') ? '' : '/'}${WELL_KNOWN}`
  const wellKnown = [below, `/${WELL_KNOWN}`].map((path) => new URL(path, source).href)
  return [...new Set([source, ...wellKnown])]
}

/** @throws Error why there is none at the first */
async function readFromFirst(urls: readonly string[], timeoutMs: number): Promise<SourcedCard> {
  let reason: string | undefined
  for (const url of urls) {
    const signal = AbortSignal.timeout(timeoutMs)
    const headers = { accept: 'application/json', 'a2a-version': '1.0' }
    const response = await fetch(url, { signal, headers })
    const flaw = flawOf(response)
    if (flaw === undefined) return { text: textOf(await bodyOf(response)), url }
    await response.body?.cancel()
    reason ??= flaw
  }
  throw new Error(reason)
}

function flawOf({ status, headers }: Response): string | undefined {
  if (status !== 200) return `the response has the status ${status}`
  return headers.get('content-type')?.startsWith('text/html') ? 'it is a web page' : undefined
}

/** What is not UTF-8 is not replaced silently: the registry keeps what it gets. */
function textOf(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
}

async function bytesIn(path: string): Promise<Uint8Array> {
  requireSize((await stat(path)).size)
  return readFile(path)
}

async function bodyOf(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    requireSize(bytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function requireSize(bytes: number): void {
  if (bytes > LIMITS.cardBytes) throw new Error(`it has more than ${LIMITS.cardBytes} bytes`)
}
