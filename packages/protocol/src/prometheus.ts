import Type, { type Static } from 'typebox'

/**
 * A target group of Prometheus's HTTP service discovery.
 *
 * @see https://prometheus.io/docs/prometheus/latest/http_sd/
 */
export const TargetGroup = Type.Object(
  {
    targets: Type.Array(Type.String({ examples: ['10.0.0.7:8000'] })),
    labels: Type.Record(Type.String({ pattern: '^__meta_rollcall_[a-zA-Z0-9_]+$' }), Type.String()),
  },
  { description: "One agent, as a target group of Prometheus's HTTP service discovery." },
)
export type TargetGroup = Static<typeof TargetGroup>
