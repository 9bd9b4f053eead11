import type { Counter, Gauge, Registry } from 'prom-client'

/** A metric that is read when it is scraped. */
export type ExposedMetric = readonly [name: string, help: string, read: () => number]

/** Exposes values that are kept elsewhere, as counters or gauges. */
export function exposeMetrics(
  registry: Registry,
  Metric: typeof Counter | typeof Gauge,
  metrics: readonly ExposedMetric[],
): void {
  for (const [name, help, read] of metrics) {
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
