import type { IncomingHttpHeaders } from 'node:http'
import {
  hostNameIn,
  isAddress,
  isLocalhost,
  isPrivateName,
  isUnspecifiedAddress,
} from './host-name.ts'
import { isFromBrowser } from './request-origin.ts'

/** Who may use a host name in requests. */
type HostRule = 'everyone' | 'programs' | 'nobody'

/** Maximum number of `Host` headers whose rule is remembered; any client can send any number. */
const MAX_REMEMBERED = 100

/** Allows every name. */
const ANY_NAME = '*'

/**
 * Checks the `Host` of requests against DNS rebinding: a page at a name whose address changes to that
 * of the registry has, for the browser, the same origin as the registry. Only the `Host` tells them apart.
 */
export class HostCheck {
  readonly #ownNames = new Set<string>()
  readonly #suffixes: readonly string[]
  readonly #isListComplete: boolean
  readonly #rules = new Map<string, HostRule>()
  /** Until the server listens elsewhere. */
  #isLoopback = true
  /** The last `Host` that everyone may use: in nearly all requests, it is the one of the request before. */
  #last: string | undefined

  /**
   * @param allowedHosts names and `*.name`; `*` for every name. If there are any, no further name is used
   * @param publicUrl the URL at which clients reach the registry
   */
  constructor(allowedHosts: readonly string[], publicUrl: string | undefined) {
    const names = allowedHosts.map((name) => name.toLowerCase())
    this.#suffixes = names.filter((name) => name.startsWith('*.')).map((name) => name.slice(1))
    this.#isListComplete = names.length > 0
    for (const name of names) this.#ownNames.add(name)
    if (publicUrl !== undefined) this.add(new URL(publicUrl).host)
  }

  /** Allows the name at which the server listens, or the host of its public URL. */
  add(host: string): void {
    const name = hostNameIn(host)
    if (name !== undefined) this.#ownNames.add(name)
    this.#forget()
  }

  /** Sets whether the server can be reached from this machine only. */
  listen(isLoopback: boolean): void {
    this.#isLoopback = isLoopback
    this.#forget()
  }

  /** Whether a request with these headers may use their `Host`. */
  admits(headers: IncomingHttpHeaders): boolean {
    const { host } = headers
    // Browsers always send a host; the framework rejects the requests that need one and have none.
    if (host === this.#last || host === undefined || host === '') return true
    const rule = this.#rules.get(host) ?? this.#remember(host)
    if (rule === 'everyone') this.#last = host
    return rule === 'everyone' || (rule === 'programs' && !isFromBrowser(headers))
  }

  #remember(host: string): HostRule {
    const rule = this.#ruleOf(hostNameIn(host))
    if (this.#rules.size >= MAX_REMEMBERED) this.#rules.clear()
    this.#rules.set(host, rule)
    return rule
  }

  #ruleOf(name: string | undefined): HostRule {
    if (name === undefined) return 'nobody'
    // Browsers reach this machine there as well, but do not say on behalf of which page.
    if (isUnspecifiedAddress(name)) return 'programs'
    // What is at an address is there whatever a name server says.
    if (isAddress(name) || isLocalhost(name) || this.#isOwn(name)) return 'everyone'
    if (this.#isListComplete) return 'nobody'
    if (isPrivateName(name)) return this.#isLoopback ? 'programs' : 'everyone'
    return this.#isLoopback ? 'nobody' : 'programs'
  }

  #isOwn(name: string): boolean {
    if (this.#ownNames.has(name) || this.#ownNames.has(ANY_NAME)) return true
    return this.#suffixes.some((suffix) => name.endsWith(suffix))
  }

  #forget(): void {
    this.#rules.clear()
    this.#last = undefined
  }
}
