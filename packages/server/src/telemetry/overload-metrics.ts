import { Counter, Gauge, type Registry } from 'prom-client'

/** What an overloaded registry refuses, by class of requests. */
export type OverloadStats = Readonly<
  Record<string, { readonly share: number; readonly refused: number }>
>

/** Exposes which requests are refused because of an overload. */
export function watchOverload(registry: Registry, stats: () => OverloadStats): void {
  const registers = [registry]
  const labelNames = ['class']
  new Gauge({
    name: 'rollcall_shed_ratio',
    help: 'Share of the requests of a class that is refused because of an overload, from 0 to 1.',
    ...{ labelNames, registers },
    collect() {
      for (const [name, { share }] of Object.entries(stats())) this.set({ class: name }, share)
    },
  })
  new Counter({
    name: 'rollcall_requests_shed_total',
    help: 'Requests refused because of an overload. Those refused ahead of the framework are in no other counter.',
    ...{ labelNames, registers },
    collect() {
      this.reset()
      for (const [name, { refused }] of Object.entries(stats())) this.inc({ class: name }, refused)
    },
  })
}
