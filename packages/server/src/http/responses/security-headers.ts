/** Security headers of every response without its own cache rules. */
export const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
} as const

/**
 * Further headers of what a browser may show. They prevent it from running anything in a response that is
 * opened as a page, and from passing the response to the process of a page at another origin. Programs
 * receive them with errors only: they took a tenth of the time of a short read.
 */
export const BROWSER_HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
} as const

/**
 * Security headers of pages and their files. A page loads only files of the registry, connects only to it,
 * cannot be framed, and does not tell other origins its URL. Without `Strict-Transport-Security`,
 * which is for whoever terminates TLS to decide.
 */
export const PAGE_HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy':
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; " +
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  // For browsers without `frame-ancestors`.
  'x-frame-options': 'DENY',
} as const
