/** The certificate with which a server proves who it is, and how those of clients are checked. */
export interface TlsOptions {
  /** File with the certificate, and those between it and its authority, as PEM. */
  readonly certFile: string
  /** File with the private key of the certificate, as PEM, without a passphrase. */
  readonly keyFile: string
  /** File with the authorities of client certificates, as PEM; default: clients are not asked for a certificate. */
  readonly clientCaFile?: string | undefined
  /**
   * What callers with a client certificate may do, by its name: `NAME = SCOPE PATTERNS reads=PATTERNS; …`. Default: no rules, and
   * such callers may do nothing.
   */
  readonly clientRules?: string | undefined
}
