import { bracketedHost } from '@rollcall/protocol'

/** The common case. Names that end in a number or contain punycode take the slow path. */
const PLAIN_NAME = /^(?!.*xn--)(?:[a-z0-9_-]+\.)*[a-z_][a-z0-9_-]*$/i
const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`)
/** What resolvers accept, plus underscores; the URL standard allows more, such as `{`. */
const RESOLVABLE = /^(?:[a-z0-9_-]+\.)*[a-z0-9_-]+\.?$/

/** Scheme, user, host and port of a URL. */
const URL_PARTS = /^([a-z][a-z0-9+.-]*):\/\/(?:[^/?#\\]*@)?([^/?#\\@]*?)(?::(\d*))?(?:[/?#\\]|$)/i
/** For these, the URL standard finds a host even where there is none: `http:///a` is `http://a/`. */
const NEEDS_HOST = /^(?:https?|wss?|ftp)$/i

/**
 * Schemes that browsers execute, or read from the local machine. The URL of an agent is shown as a
 * link, and no agent can be called at any of these.
 */
const FORBIDDEN_SCHEMES = /^(?:javascript|vbscript|data|file|blob|about):/i

/** Loopback and unspecified addresses as written in a URL: each machine reaches only itself there. */
const LOCAL_HOST =
  /^(?:127(?:\.\d+){3}|0\.0\.0\.0|(?:.*\.)?localhost\.?|\[::1?\]|\[::ffff:7f[0-9a-f]{2}:[0-9a-f]+\]|\[::ffff:0:0\])$/i

/** Returns the default URL of an agent. The host must pass {@link hostFlaw}. */
export function urlOf(host: string, port: number): string {
  return `http://${hostInUrl(host)}:${port}`
}

/** Explains why a host cannot be part of a URL. Returns undefined if it can. */
export function hostFlaw(host: string): string | undefined {
  if (IPV4.test(host) || PLAIN_NAME.test(host)) return undefined
  if (host.includes('%')) {
    return 'contains a percent sign: a URL can hold neither an IPv6 zone nor an escaped name'
  }
  const url = parse(urlAround(host))
  if (url === undefined || url.pathname + url.search + url.hash + url.username !== '/') {
    return 'is neither a host name nor an IP address (the port has its own field)'
  }
  const { hostname } = url
  if (hostname.startsWith('[')) return undefined
  if (!isSpelledAs(hostname, host)) return `is read as ${hostname} in a URL; send that instead`
  return RESOLVABLE.test(hostname)
    ? undefined
    : 'cannot be resolved: use letters, digits, - and _, in parts joined by dots'
}

/** Explains why a URL cannot be called. Returns undefined if it can. */
export function urlFlaw(url: string): string | undefined {
  const forbidden = FORBIDDEN_SCHEMES.exec(url)
  if (forbidden) return `starts with ${forbidden[0]}, a scheme with which no agent can be called`
  const parts = URL_PARTS.exec(url)
  if (parts === null || /\s|\p{Cc}/u.test(url)) return 'is not a URL such as http://10.0.0.7:8000'
  const [, scheme = '', host = '', port] = parts
  // URLs of sockets and files have no host: unix:///run/agent.sock
  const flaw = host === '' && !NEEDS_HOST.test(scheme) ? undefined : hostFlaw(host)
  if (flaw !== undefined) return `has an invalid host: "${host}" ${flaw}`
  if (!URL.canParse(url)) return 'is not a URL that clients can parse'
  return Number(port) === 0 && port !== '' && port !== undefined ? 'has port 0' : undefined
}

/**
 * Whether URL parsing left a host name unchanged. The standard drops and replaces characters (`ａ`
 * becomes `a`, a soft hyphen disappears) and reads `127.1` and `0x7f.1` as addresses.
 */
function isSpelledAs(hostname: string, host: string): boolean {
  if (/^\p{ASCII}*$/u.test(host)) return hostname === host.toLowerCase()
  const isPlain = host.normalize('NFKC') === host.normalize('NFC')
  return isPlain && !/\p{Default_Ignorable_Code_Point}/u.test(host) && hostname.includes('xn--')
}

/** Whether a host refers to the machine that resolves it, whichever that is. */
export function isLocalHost(host: string): boolean {
  return LOCAL_HOST.test(host) || (host.includes(':') && LOCAL_HOST.test(hostInUrl(host)))
}

/** Whether a URL refers to the machine that resolves it. */
export function isLocalUrl(url: string): boolean {
  return isLocalHost(URL_PARTS.exec(url)?.[2] ?? '')
}

/** Returns a host in its URL form: brackets around IPv6, ASCII for other scripts. */
function hostInUrl(host: string): string {
  if (IPV4.test(host) || PLAIN_NAME.test(host)) return host
  return parse(urlAround(host))?.hostname ?? host
}

function urlAround(host: string): string {
  return `http://${bracketedHost(host)}:1`
}

function parse(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined
}
