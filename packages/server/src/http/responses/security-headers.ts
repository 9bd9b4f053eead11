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
 * Security headers of pages and their files, besides their policy. A page cannot be framed, and does not tell other
 * origins its URL. Without `Strict-Transport-Security`, which is for whoever terminates TLS to decide.
 */
const PAGE_HEADERS = {
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  // For browsers without `frame-ancestors`.
  'x-frame-options': 'DENY',
} as const

/** Of the documentation, which loads only files of the registry, and connects only to it. */
export const DOCS_HEADERS = {
  ...PAGE_HEADERS,
  'content-security-policy':
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; " +
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
} as const

/** Of the dashboard, which has no inline script or style, and turns no text into markup. */
export const DASHBOARD_HEADERS = {
  ...PAGE_HEADERS,
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
    "require-trusted-types-for 'script'; trusted-types 'none'",
} as const
