const SERVERS = '/v0.1/servers/'
const UNESCAPED = /^([^/?]+)\/([^/?]+\/versions(?![^/?]))/

/**
 * Escapes the slash in the name of a server again: proxies that strip a prefix, such as nginx with a path in
 * `proxy_pass`, unescape the path.
 */
export function withEscapedServerName(url: string): string {
  if (!url.startsWith(SERVERS)) return url
  return SERVERS + url.slice(SERVERS.length).replace(UNESCAPED, '$1%2F$2')
}
