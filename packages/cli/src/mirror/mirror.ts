import type { RegistryApi } from '@rollcall/client'
import { LIMITS, type Registration } from '@rollcall/protocol'
import type { Offer } from './document.ts'
import { endpointOf } from './endpoint.ts'
import { mirroredId, mirroredRegistration } from './mirrored-agent.ts'
import type { MirrorNotice } from './notices.ts'
import { readOffers } from './offers.ts'
import { allow, type Source } from './source.ts'

/** Entries whose cards are read, and whose endpoints are probed, at once. */
const CONCURRENCY = 32

/** What a mirror works with. */
export interface MirrorParts {
  readonly source: Source
  readonly api: RegistryApi
  /** The URL of a manifest or a card. */
  readonly url: string
  /** The beginning of the ids of its agents. */
  readonly prefix: string
  readonly ttlSeconds: number
  /** Whether it only says what it would register. */
  readonly isDryRun: boolean
  readonly notify: (notice: MirrorNotice) => Promise<void>
}

/** An entry as the last round left it. */
interface Mirrored {
  readonly agentId: string
  offer: Offer
  /** The card as it was last read; undefined: never. */
  card?: string
  /** The registration that the registry has, as text; undefined: none. */
  registered?: string
  /** Whether its endpoint answered last time; undefined: it was never asked. */
  isAlive?: boolean
  /** The last notice about it that is not to be repeated. */
  reported?: string | undefined
}

/** Registers what a manifest offers, and renews a lease for as long as it is offered and its endpoint answers. */
export class Mirror {
  readonly #parts: MirrorParts
  readonly #agents = new Map<string, Mirrored>()
  readonly #reportedSkips = new Set<string>()
  #manifestProblem: string | undefined
  #registryProblem: string | undefined

  constructor(parts: MirrorParts) {
    this.#parts = parts
  }

  /**
   * Reads the manifest and brings the registry up to date.
   *
   * @returns whether everything went well: false if the manifest or an entry could not be mirrored
   */
  async round(): Promise<boolean> {
    const isRead = await this.#readManifest()
    let isFine = isRead
    // Those that answered last time must not wait for those that let a request hang.
    const inOrder = [...this.#agents.values()].toSorted(
      (a, b) => Number(b.isAlive ?? false) - Number(a.isAlive ?? false),
    )
    for (let first = 0; first < inOrder.length; first += CONCURRENCY) {
      const group = inOrder.slice(first, first + CONCURRENCY)
      const alive = await Promise.all(group.map((agent) => this.#examine(agent)))
      isFine = (await this.#renew(group.filter((_, index) => alive[index] === true))) && isFine
      isFine = isFine && !alive.includes(undefined)
    }
    return isFine
  }

  /** Deregisters all of its agents. */
  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => this.#remove(agent, 'stopping')))
  }

  async #readManifest(): Promise<boolean> {
    const { source, url, prefix } = this.#parts
    const read = await readOffers(source, url)
    const problem = read.result === 'read' ? undefined : `${read.result}: ${read.reason}`
    if (problem !== this.#manifestProblem) {
      const kept = this.#agents.size > 0 && read.result !== 'gone' ? '; keeping the last one' : ''
      const reason = problem === undefined ? 'it can be read again' : problem + kept
      await this.#parts.notify({ type: 'manifest', url, reason })
      this.#manifestProblem = problem
    }
    if (read.result === 'gone') await this.#keepOnly(new Map(), read.reason)
    if (read.result !== 'read') return false
    for (const { name, reason } of read.skipped) await this.#skip(name, reason)
    const offered = new Map(
      read.offers.map((offer) => [mirroredId(offer, prefix, url), offer] as const),
    )
    await this.#keepOnly(offered, 'it is no longer offered')
    for (const [agentId, offer] of offered) {
      const known = this.#agents.get(agentId)
      if (known) known.offer = offer
      else this.#agents.set(agentId, { agentId, offer })
    }
    return true
  }

  async #keepOnly(offered: ReadonlyMap<string, Offer>, reason: string): Promise<void> {
    const gone = [...this.#agents.values()].filter(({ agentId }) => !offered.has(agentId))
    await Promise.all(gone.map((agent) => this.#remove(agent, reason)))
  }

  /** Reads the card of an entry and asks its endpoint. Undefined: it cannot be mirrored; false: it does not answer. */
  async #examine(agent: Mirrored): Promise<boolean | undefined> {
    const { source } = this.#parts
    const card = await this.#readCard(agent)
    if (card === undefined) return undefined
    const endpoint = endpointOf(JSON.parse(card))
    if (endpoint === undefined) return this.#fail(agent, 'its card names no address over HTTP')
    const refused = source.refusedOrigin(endpoint)
    if (refused !== undefined) {
      return this.#fail(agent, `it is called at ${refused}: ${allow(refused)}`)
    }
    agent.card = card
    const { isAlive, reason } = await source.probe(endpoint)
    if (agent.isAlive !== isAlive) {
      if (!isAlive) await this.#notify(agent, { type: 'silent', url: endpoint, reason })
      else if (agent.isAlive === false)
        await this.#notify(agent, { type: 'answers', url: endpoint })
    }
    agent.isAlive = isAlive
    return isAlive
  }

  async #readCard(agent: Mirrored): Promise<string | undefined> {
    const { source } = this.#parts
    const { cardUrl, card: inline } = agent.offer
    if (cardUrl === undefined) {
      if (inline !== undefined && Buffer.byteLength(inline) <= LIMITS.cardBytes) return inline
      return this.#fail(agent, `its card has more than ${LIMITS.cardBytes} bytes`)
    }
    const download = await source.read(cardUrl, LIMITS.cardBytes)
    if (download.result === 'read' && isJsonObject(download.text)) return download.text
    const reason = download.result === 'read' ? 'it is not a JSON object' : download.reason
    // The card that was read before is as good, as long as the endpoint answers.
    const last = download.result === 'gone' ? undefined : agent.card
    return last ?? this.#fail(agent, `its card ${cardUrl} cannot be read: ${reason}`)
  }

  /** Registers what is new or has changed, and renews the leases of the others. Returns whether all went well. */
  async #renew(agents: readonly Mirrored[]): Promise<boolean> {
    const { api, isDryRun } = this.#parts
    const changed = agents.filter(
      (agent) => textOf(this.#registrationOf(agent)) !== agent.registered,
    )
    let isFine = true
    for (const agent of changed) isFine = (await this.#register(agent)) && isFine
    const others = agents.filter((agent) => !changed.includes(agent))
    if (isDryRun || others.length === 0) return isFine
    try {
      const beats = others.map(({ agentId }) => ({ agent_id: agentId }))
      const { unknown, forbidden } = await api.heartbeats(beats)
      this.#registryProblem = undefined
      for (const agent of others) {
        if (unknown.includes(agent.agentId)) isFine = (await this.#register(agent)) && isFine
        if (forbidden.includes(agent.agentId)) {
          await this.#fail(agent, 'the registry refuses heartbeats: it belongs to another')
          isFine = false
        }
      }
    } catch (error) {
      const reason = `heartbeats: ${messageOf(error)}`
      if (reason !== this.#registryProblem) await this.#parts.notify({ type: 'failed', reason })
      this.#registryProblem = reason
      return false
    }
    return isFine
  }

  async #register(agent: Mirrored): Promise<boolean> {
    const { api, isDryRun, notify } = this.#parts
    const registration = this.#registrationOf(agent)
    const { agentId } = agent
    const endpoint = registration.url ?? ''
    try {
      if (!isDryRun) await api.register(registration)
      agent.registered = textOf(registration)
      agent.reported = undefined
      await notify({
        type: isDryRun ? 'would_register' : 'registered',
        agent_id: agentId,
        url: endpoint,
      })
      return true
    } catch (error) {
      await this.#fail(agent, messageOf(error))
      return false
    }
  }

  #registrationOf({ agentId, offer, card = '' }: Mirrored): Registration {
    const { url: source, ttlSeconds } = this.#parts
    const endpoint = endpointOf(JSON.parse(card)) ?? ''
    return mirroredRegistration(offer, { agentId, card, endpoint, source, ttlSeconds })
  }

  async #remove(agent: Mirrored, reason: string): Promise<void> {
    const { api, isDryRun, notify } = this.#parts
    const { agentId, registered } = agent
    this.#agents.delete(agentId)
    if (registered === undefined || isDryRun) return
    try {
      await api.deregister(agentId, { outlivesClient: true })
      await notify({ type: 'deregistered', agent_id: agentId, reason })
    } catch (error) {
      await this.#fail(agent, `it could not be deregistered: ${messageOf(error)}`)
    }
  }

  /** Reports, once, why an entry cannot be mirrored. */
  async #fail(agent: Mirrored, reason: string): Promise<undefined> {
    await this.#notify(agent, { type: 'failed', reason })
    return undefined
  }

  async #notify(agent: Mirrored, notice: MirrorNotice): Promise<void> {
    const text = `${notice.type} ${notice.reason}`
    if (agent.reported === text) return
    agent.reported = text
    await this.#parts.notify({ ...notice, agent_id: agent.agentId })
  }

  async #skip(name: string, reason: string): Promise<void> {
    const text = `${name} ${reason}`
    if (this.#reportedSkips.has(text)) return
    // A manifest with other names each time must not fill the memory.
    if (this.#reportedSkips.size >= 10_000) this.#reportedSkips.clear()
    this.#reportedSkips.add(text)
    await this.#parts.notify({ type: 'skipped', reason: `${name}: ${reason}` })
  }
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

function textOf(registration: Registration): string {
  return JSON.stringify(registration)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
