import type { Overload } from '@rollcall/protocol'

/** Says what an overloaded registry refuses. */
export function overloadText(overload: Overload): string {
  const shares = [
    [overload.refused_reads, 'reads'],
    [overload.refused_changes, 'registrations'],
    [overload.refused_heartbeats, 'heartbeats'],
  ] as const
  const refused = shares.flatMap(([share, what]) =>
    share > 0 ? [`${Math.round(share * 100)} % of the ${what}`] : [],
  )
  const delay = `requests wait ${Math.round(overload.event_loop_delay_ms)} ms`
  return refused.length === 0 ? `ending, ${delay}` : `${delay}; refuses ${refused.join(', ')}`
}
