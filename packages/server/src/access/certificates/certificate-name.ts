import type { PeerCertificate } from 'node:tls'
import { isIdentityName } from '../identity-name.ts'

/** One of the alternative names, as Node writes them: those with special characters are JSON texts. */
const ALTERNATIVE_NAME = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/y

/**
 * Returns the name of a certificate: its alternative name that is a URI, such as a SPIFFE id; else the first that is
 * a DNS name; else the common name of its subject. Undefined: it has none that can be used. As SPIFFE demands, more
 * than one URI is as good as none.
 */
export function certificateName({
  subject,
  subjectaltname = '',
}: Pick<PeerCertificate, 'subject' | 'subjectaltname'>): string | undefined {
  const names = alternativeNames(subjectaltname)
  if (names === undefined) return undefined
  const uris = names.filter(({ kind }) => kind === 'URI')
  if (uris.length > 0) return uris.length === 1 ? usable(uris[0]?.name) : undefined
  const name = names.find(({ kind }) => kind === 'DNS')?.name ?? subject?.CN
  // Otherwise it could pass for a URI, which authorities check in another way.
  return usable(name)?.includes('://') ? undefined : usable(name)
}

function usable(name: unknown): string | undefined {
  return isIdentityName(name) ? name : undefined
}

interface AlternativeName {
  readonly kind: string
  readonly name: unknown
}

/** Returns undefined for a text that is not understood completely. */
function alternativeNames(text: string): AlternativeName[] | undefined {
  const names: AlternativeName[] = []
  ALTERNATIVE_NAME.lastIndex = 0
  for (let end = 0; end < text.length; end = ALTERNATIVE_NAME.lastIndex) {
    const [, kind, value] = ALTERNATIVE_NAME.exec(text) ?? []
    if (kind === undefined || value === undefined) return undefined
    names.push({ kind, name: value.startsWith('"') ? JSON.parse(value) : value })
  }
  return names
}
