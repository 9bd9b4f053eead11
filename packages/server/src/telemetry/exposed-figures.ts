import type { Counter, Gauge, Registry } from 'prom-client'

/** A figure that is read when it is scraped. */
export type ExposedGauge = readonly [name: string, help: string, read: () => number]

/** Exposes figures that are kept elsewhere, as counters or as gauges. */
export function exposeGauges(
  registry: Registry,
  Metric: typeof Counter | typeof Gauge,
  figures: readonly ExposedGauge[],
): void {
  for (const [name, help, read] of figures) {
    new Metric({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset()
        this.inc(read())
      },
    })
  }
}
