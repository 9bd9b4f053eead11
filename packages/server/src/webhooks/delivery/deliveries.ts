import type { Webhook } from '../webhook.ts'
import type { SavedProgress } from '../webhook-store.ts'
import { WebhookLoop, type WebhookLoopParts } from './webhook-loop.ts'

/** The webhooks that this node delivers, each in a loop of its own. */
export class Deliveries {
  readonly #parts: WebhookLoopParts
  readonly #loops = new Map<string, WebhookLoop>()

  constructor(parts: WebhookLoopParts) {
    this.#parts = parts
  }

  /** How many webhooks are delivered, how many of them fail, and how far the last one is behind. */
  get stats(): { webhooks: number; failing: number; lag: number } {
    const loops = [...this.#loops.values()]
    const failing = loops.filter(({ isFailing }) => isFailing).length
    return { webhooks: loops.length, failing, lag: Math.max(0, ...loops.map(({ lag }) => lag)) }
  }

  /** Delivers these webhooks, and no others any longer. */
  async deliver(webhooks: readonly Webhook[]): Promise<void> {
    const claimed = new Map(webhooks.map((webhook) => [webhook.id, webhook]))
    const others = [...this.#loops.keys()].filter((id) => !claimed.has(id))
    await Promise.all(others.map((id) => this.#stop(id)))
    for (const webhook of webhooks) {
      if (this.#loops.get(webhook.id)?.update(webhook)) continue
      this.#loops.set(webhook.id, new WebhookLoop(webhook, this.#parts))
    }
  }

  /** Saves what has changed since. */
  async save(write: (progress: readonly SavedProgress[]) => Promise<void>): Promise<void> {
    const loops = [...this.#loops.values()]
    const taken = loops.flatMap((loop) => {
      const progress = loop.takeProgress()
      return progress ? [{ loop, progress }] : []
    })
    if (taken.length === 0) return
    try {
      await write(taken.map(({ progress }) => progress))
    } catch (error) {
      for (const { loop } of taken) loop.keepProgress()
      throw error
    }
  }

  /** Stops all loops, which keep their progress until {@link forget}. */
  async stop(): Promise<void> {
    await Promise.all(this.#loops.values().map((loop) => loop.stop()))
  }

  /** Stops all loops: another node may deliver their webhooks, and their progress is void. */
  async forget(): Promise<void> {
    await Promise.all([...this.#loops.keys()].map((id) => this.#stop(id)))
  }

  async #stop(id: string): Promise<void> {
    const loop = this.#loops.get(id)
    this.#loops.delete(id)
    await loop?.stop()
  }
}
