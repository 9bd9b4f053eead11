import type { CardSignature } from '@rollcall/protocol'

/** A signature as A2A cards have it. In other cards, it may be anything. */
export interface SignatureEntry {
  readonly protected: string
  readonly signature: string
  readonly header?: Readonly<Record<string, unknown>>
}

/** What a signature says of itself and its key. */
export type SignatureHeader = Pick<CardSignature, 'algorithm' | 'key_id' | 'key_url'>

/** Returns the protected header of a signature; undefined: it has none that can be read. */
export function signatureHeader(entry: SignatureEntry | null): SignatureHeader | undefined {
  const header = decoded(entry?.protected)
  const { alg, kid, jku } = Object(header) as Record<string, unknown>
  if (typeof alg !== 'string') return undefined
  return {
    algorithm: alg,
    ...(typeof kid === 'string' && { key_id: kid }),
    ...(typeof jku === 'string' && { key_url: jku }),
  }
}

function decoded(encoded: unknown): unknown {
  if (typeof encoded !== 'string') return undefined
  try {
    return JSON.parse(Buffer.from(encoded, 'base64url').toString())
  } catch {
    return undefined
  }
}
