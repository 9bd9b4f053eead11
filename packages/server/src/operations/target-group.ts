import { dictionary, list, object, type Static, text } from '@rollcall/protocol/json-schema'

/**
 * A target group of Prometheus's HTTP service discovery.
 *
 * @see https://prometheus.io/docs/prometheus/latest/http_sd/
 */
export const TargetGroup = object(
  {
    targets: list(text({ examples: ['10.0.0.7:8000'] }), {
      description: 'Exactly one: `host:port` of the agent.',
    }),
    labels: dictionary(text(), {
      keyPattern: '^__meta_rollcall_[a-zA-Z0-9_]+$',
      description: 'The properties of the agent.',
    }),
  },
  { description: "One agent, as a target group of Prometheus's HTTP service discovery." },
)
/** @interface */
export type TargetGroup = Static<typeof TargetGroup>
