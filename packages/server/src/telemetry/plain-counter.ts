import { Counter, type Registry } from 'prom-client'

/**
 * A counter that counts in plain numbers and is turned into prom-client's when it is scraped:
 * prom-client hashes the labels at each step, which took longer than what was counted.
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

  /** @param key stands for the labels, which are only made when it is new */
  count(key: string, labels: () => Record<Label, string>): void {
    const known = this.#counts.get(key)
    if (known) known.count++
    else this.#counts.set(key, { labels: labels(), count: 1 })
  }
}
