/** Names as most fleets have them. What ends in a number or holds punycode is looked at closer. */
const PLAIN_NAME = /^(?!.*xn--)(?:[a-z0-9_-]+\.)*[a-z_][a-z0-9_-]*$/i
const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`)
/** What resolvers take, and underscores; the URL standard allows more, such as `{`. */
const RESOLVABLE = /^(?:[a-z0-9_-]+\.)*[a-z0-9_-]+\.?$/

/** Scheme, user, host and port of a URL. */
const PARTS = /^([a-z][a-z0-9+.-]*):\/\/(?:[^/?#\\]*@)?([^/?#\\@]*?)(?::(\d*))?(?:[/?#\\]|$)/i
/** Of these the URL standard finds a host even where there is none: `http:///a` is `http://a/`. */
const NEEDS_HOST = /^(?:https?|wss?|ftp)$/i

/**
 * What browsers run, or read from the machine of the person who opens it: the URL of an agent is shown as a
 * link. Nothing can be called there.
 */
const NOT_CALLABLE = /^(?:javascript|vbscript|data|file|blob|about):/i

/** Loopback and unspecified addresses as a URL has them: other machines find themselves there. */
const LOCAL =
  /^(?:127(?:\.\d+){3}|0\.0\.0\.0|(?:.*\.)?localhost\.?|\[::1?\]|\[::ffff:7f[0-9a-f]{2}:[0-9a-f]+\]|\[::ffff:0:0\])$/i

/** Where to call an agent that gave no URL; the host is one without a {@link hostFlaw}. */
export function urlOf(host: string, port: number): string {
  return `http://${hostInUrl(host)}:${port}`
}

/** Says why no URL can carry a host; undefined: one can. */
export function hostFlaw(host: string): string | undefined {
  if (IPV4.test(host) || PLAIN_NAME.test(host)) return undefined
  if (host.includes('%')) {
    return 'has a percent sign: no URL carries the zone of an IPv6 address, nor an escaped name'
  }
  const url = parse(urlAround(host))
  if (url === undefined || url.pathname + url.search + url.hash + url.username !== '/') {
    return 'is neither a host name nor an IP address (the port has a field of its own)'
  }
  const { hostname } = url
  if (hostname.startsWith('[')) return undefined
  if (!isSpelledAs(hostname, host)) return `is read as ${hostname} in a URL; send that`
  return RESOLVABLE.test(hostname)
    ? undefined
    : 'is no name that can be resolved: letters, digits, - and _, in parts joined by dots'
}

/** Says why a URL cannot be called; undefined: it can. */
export function urlFlaw(url: string): string | undefined {
  const forbidden = NOT_CALLABLE.exec(url)
  if (forbidden) return `begins with ${forbidden[0]}, under which no agent can be called`
  const parts = PARTS.exec(url)
  if (parts === null || /\s|\p{Cc}/u.test(url)) return 'is not a URL such as http://10.0.0.7:8000'
  const [, scheme = '', host = '', port] = parts
  // Sockets and files have no host: unix:///run/agent.sock
  const flaw = host === '' && !NEEDS_HOST.test(scheme) ? undefined : hostFlaw(host)
  if (flaw !== undefined) return `has a host that cannot be called: "${host}" ${flaw}`
  if (!URL.canParse(url)) return 'is not a URL that clients can parse'
  return Number(port) === 0 && port !== '' && port !== undefined ? 'has port 0' : undefined
}

/**
 * Whether a URL has a name as it was sent. The standard drops and replaces characters (`ａ` is `a`,
 * a soft hyphen is nothing) and reads `127.1` and `0x7f.1` as addresses.
 */
function isSpelledAs(hostname: string, host: string): boolean {
  if (/^\p{ASCII}*$/u.test(host)) return hostname === host.toLowerCase()
  const isPlain = host.normalize('NFKC') === host.normalize('NFC')
  return isPlain && !/\p{Default_Ignorable_Code_Point}/u.test(host) && hostname.includes('xn--')
}

/** Whether a host is the machine that looks at it, whichever that is. */
export function isLocalHost(host: string): boolean {
  return LOCAL.test(host) || (host.includes(':') && LOCAL.test(hostInUrl(host)))
}

/** Whether a URL leads to the machine that looks at it. */
export function isLocalUrl(url: string): boolean {
  return isLocalHost(PARTS.exec(url)?.[2] ?? '')
}

/** As it is, unless a URL has another form of it: brackets around IPv6, ASCII for other scripts. */
function hostInUrl(host: string): string {
  if (IPV4.test(host) || PLAIN_NAME.test(host)) return host
  return parse(urlAround(host))?.hostname ?? host
}

function urlAround(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `http://[${host}]:1` : `http://${host}:1`
}

function parse(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined
}
