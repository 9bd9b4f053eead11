import { isIP } from 'node:net'

/**
 * Returns the host in a `Host` header as browsers write it: in lowercase, without port and final dot, and
 * addresses in their canonical form. Returns undefined if the header is not a host with an optional port.
 */
export function hostNameIn(header: string): string | undefined {
  // The parser would take the rest for credentials, a path or a query.
  if (/[@/\\?#\s]/.test(header)) return undefined
  return URL.parse(`http://${header}`)?.hostname.replace(/\.$/, '')
}

/** Whether a host is an IP address; IPv6 in brackets. */
export function isAddress(hostName: string): boolean {
  return isIP(hostName.replace(/^\[(.*)\]$/, '$1')) !== 0
}

/** Whether a host is the address that stands for all of a machine: `0.0.0.0` or `[::]`. */
export function isUnspecifiedAddress(hostName: string): boolean {
  return /^(?:0\.0\.0\.0|\[::(?:ffff:0:0)?\])$/.test(hostName)
}

/** Whether a host is this machine (RFC 6761, 6.3): browsers never ask a name server for it. */
export function isLocalhost(hostName: string): boolean {
  return hostName === 'localhost' || hostName.endsWith('.localhost')
}

/**
 * Whether no public name server can have a name, so that no page of the internet can be at it: ICANN
 * delegates no top-level domain without a second label (SAC053), and reserves `.internal`.
 */
export function isPrivateName(hostName: string): boolean {
  return !hostName.includes('.') || hostName.endsWith('.internal')
}

/** What no host contains. */
const OTHERS = /[^\x21-\x7e]/g

/**
 * Escapes a `Host` header for the log: Node reads each byte of it as a character, and those from 0x80 to 0x9f control a
 * terminal. A URL needs no such care, because the parser refuses them there.
 */
export function escapeHost(header: string): string {
  return header.replaceAll(
    OTHERS,
    (it) => `%${it.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}
