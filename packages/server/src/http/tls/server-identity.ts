import { constants, X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContextOptions } from 'node:tls'

/** The certificate of a server and its key, and the authorities of the certificates of its clients. */
export interface ServerIdentity extends SecureContextOptions {
  /** PEM; undefined: clients are not asked for a certificate. */
  readonly ca: string | undefined
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g
const BEGINNING = /-----BEGIN CERTIFICATE-----/g

/**
 * Reads what is in the files of a server: certificate, key, and perhaps authorities.
 *
 * @throws Error if one of them is not complete, or the key is not that of the certificate
 */
export function serverIdentity([cert = '', key, ca]: readonly string[]): ServerIdentity {
  requireCertificates('certificate', cert)
  if (ca !== undefined) requireCertificates('file of authorities', ca)
  const identity: ServerIdentity = {
    cert,
    key,
    ca,
    // A connection keeps the certificate with which it was opened.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  }
  createSecureContext(identity)
  return identity
}

/** Whether every authority of one identity is also one of the other. */
export function keepsAuthorities(before: ServerIdentity, after: ServerIdentity): boolean {
  const kept = new Set(certificatesIn(after.ca ?? ''))
  return certificatesIn(before.ca ?? '').every((certificate) => kept.has(certificate))
}

/** A text that ends within a certificate is read as if that were not there. */
function requireCertificates(what: string, text: string): void {
  const certificates = certificatesIn(text)
  const begun = text.match(BEGINNING)?.length ?? 0
  if (certificates.length === 0) throw new Error(`the ${what} has no certificate in PEM`)
  if (begun !== certificates.length) throw new Error(`the ${what} is not complete`)
  for (const certificate of certificates) new X509Certificate(certificate)
}

function certificatesIn(text: string): string[] {
  return text.match(CERTIFICATE) ?? []
}
