import { Counter, type Registry } from 'prom-client'

/**
 * A counter that keeps plain numbers and is converted to a prom-client counter when it is scraped:
 * prom-client hashes the labels on each increment, which took longer than the counted work itself.
 */
export class PlainCounter<Label extends string> {
  readonly #counts = new Map<string, { labels: Record<Label, string>; count: number }>()

  constructor(options: { name: string; help: string; labelNames: Label[]; registry: Registry }) {
    const counts = this.#counts
    new Counter({
      name: options.name,
      help: options.help,
      labelNames: options.labelNames,
      registers: [options.registry],
      collect() {
        this.reset()
        for (const { labels, count } of counts.values()) this.inc(labels, count)
      },
    })
  }

  /** @param key identifies the labels, which are created only for a new key */
  count(key: string, labels: () => Record<Label, string>): void {
    const known = this.#counts.get(key)
    if (known) known.count++
    else this.#counts.set(key, { labels: labels(), count: 1 })
  }
}
