import {
  DiscoveryClient,
  type DiscoveryOptions,
  type FetchRequest,
  TokenApi,
} from '@rollcall/client'
import type { CreatedToken } from '@rollcall/protocol'
import { RegistryClock } from './registry-clock.ts'
import { sessionToken } from './session-token.ts'
import { ValueStore } from './value-store.ts'
import { WebhookCalls } from './webhook-calls.ts'

/** Whether the registry responds. */
export interface Contact {
  readonly isLost: boolean
  /** Time of the last response, in milliseconds of the registry's clock. */
  readonly lastMs: number
}

/**
 * What the registry says about the credential: `needed` or `refused` ask for a token; `offered`: it accepts the user
 * without one, who wants to use one nevertheless.
 */
export type AccessState = 'accepted' | 'needed' | 'refused' | 'offered'

/** Everything the page knows of its registry comes through here. */
export class RegistrySession {
  readonly client: DiscoveryClient
  readonly tokens: TokenApi
  readonly webhooks: WebhookCalls
  readonly clock = new RegistryClock()
  readonly contact: ValueStore<Contact>
  readonly access = new ValueStore<AccessState>('accepted')
  /** The token that was created last, until the user has closed it: its text is shown only once. */
  readonly created = new ValueStore<CreatedToken | undefined>(undefined)

  /** @param registryUrl the URL of the page, which the registry serves at its root */
  constructor(registryUrl: string) {
    this.contact = new ValueStore<Contact>({ isLost: false, lastMs: this.clock.now() })
    const options: DiscoveryOptions = {
      registryUrl,
      logger: null,
      headers: () => {
        const token = sessionToken.get()
        return token === null ? {} : { authorization: `Bearer ${token}` }
      },
      fetch: (url, request) => this.#fetch(url, request),
    }
    this.client = new DiscoveryClient(options)
    this.tokens = new TokenApi(options)
    this.webhooks = new WebhookCalls(options)
  }

  get registryUrl(): string {
    return this.client.registryUrl
  }

  /** The time up to which the page is current, in milliseconds of the registry's clock. */
  readonly now = (): number => {
    const { isLost, lastMs } = this.contact.get()
    return isLost ? lastMs : this.clock.now()
  }

  /** Uses a token from now on. */
  signIn(token: string): void {
    sessionToken.set(token)
    this.access.set('accepted')
  }

  signOut(): void {
    sessionToken.clear()
    this.access.set('needed')
  }

  async #fetch(url: string, request: FetchRequest): Promise<Response> {
    try {
      const response = await fetch(url, request)
      this.clock.observe(response.headers.get('date'))
      // A proxy in front of the registry responds so while the registry is gone.
      const isLost = response.status === 502 || response.status === 504
      this.contact.set({ isLost, lastMs: isLost ? this.contact.get().lastMs : this.clock.now() })
      if (response.status === 401) {
        this.access.set(sessionToken.get() === null ? 'needed' : 'refused')
      }
      return response
    } catch (error) {
      if (!request.signal.aborted) this.contact.set({ ...this.contact.get(), isLost: true })
      throw error
    }
  }
}
