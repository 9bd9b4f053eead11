import { readFile, stat } from 'node:fs/promises'
import { LIMITS } from '@rollcall/protocol'
import { CommandFailure } from '../output/failure.ts'

/** The text of a card, and where it is served if it comes from there. */
export interface SourcedCard {
  readonly text: string
  readonly url: string | undefined
}

/**
 * Reads a card from a file or an http(s) URL. Redirects are followed: whoever runs the command has named the address.
 *
 * @param source the path of a file, or a URL
 * @param timeoutMs milliseconds in which a URL must respond
 * @throws CommandFailure with the reason
 */
export async function readCardFrom(source: string, timeoutMs: number): Promise<SourcedCard> {
  const isUrl = /^https?:\/\//i.test(source)
  try {
    const bytes = isUrl ? await download(source, timeoutMs) : await bytesIn(source)
    // Not replaced silently: the registry keeps what it gets.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return { text, url: isUrl ? source : undefined }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CommandFailure('FAILED', `the card ${source} cannot be read: ${reason}`)
  }
}

async function bytesIn(path: string): Promise<Uint8Array> {
  requireSize((await stat(path)).size)
  return readFile(path)
}

async function download(url: string, timeoutMs: number): Promise<Uint8Array> {
  const signal = AbortSignal.timeout(timeoutMs)
  const headers = { accept: 'application/json', 'a2a-version': '1.0' }
  const response = await fetch(url, { signal, headers })
  if (response.status !== 200) throw new Error(`the response has the status ${response.status}`)
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
