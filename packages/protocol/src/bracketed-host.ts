/** Puts an IPv6 address into brackets, as URLs and `host:port` need it; returns any other host as it is. */
export function bracketedHost(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}
