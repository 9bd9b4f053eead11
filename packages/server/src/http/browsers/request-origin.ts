import type { IncomingHttpHeaders } from 'node:http'

/**
 * Whether a browser may have sent a request. Browsers send `Origin` with every request that could change
 * something, `Sec-Fetch-Site` to secure and local addresses, and a `User-Agent` that begins with
 * `Mozilla/` always.
 */
export function isFromBrowser(headers: IncomingHttpHeaders): boolean {
  const { origin, 'user-agent': userAgent = '' } = headers
  return (
    origin !== undefined ||
    headers['sec-fetch-site'] !== undefined ||
    userAgent.startsWith('Mozilla/')
  )
}

/**
 * Whether a browser sent a request on behalf of a page at another origin than that of the registry.
 * Pages can neither set nor remove these headers. This is the algorithm of Go's
 * `http.CrossOriginProtection`, by Filippo Valsorda: https://words.filippo.io/csrf/
 *
 * @param ownOrigins origins that are not another one, whatever the `Host`
 */
export function isCrossOrigin(
  headers: IncomingHttpHeaders,
  ownOrigins: ReadonlySet<string>,
): boolean {
  const { origin, host = '', 'sec-fetch-site': site } = headers
  if (origin !== undefined && ownOrigins.has(origin)) return false
  // `none`: the user typed the URL, or opened a bookmark.
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  // Not a browser, or one that reads something from an address that is neither secure nor local.
  if (origin === undefined) return false
  const page = URL.parse(origin)
  // The scheme is not compared: a proxy may terminate TLS. It decides which port is the default one.
  return page === null || URL.parse(`${page.protocol}//${host}`)?.host !== page.host
}
