import type {
  Maintenance,
  MaintenanceDecision,
  MaintenanceEntry,
} from '../../domain/maintenance.ts'

/** The entries of maintenance in the model, as a list that is searched from the start. */
export class NaiveMaintenance {
  #entries: MaintenanceEntry[] = []

  /** Returns all entries, sorted by pattern. */
  all(): readonly MaintenanceEntry[] {
    return this.#entries
  }

  /** Replaces the entry of a pattern, or removes it. Returns whether there was one. */
  change(pattern: string, decision: MaintenanceDecision | null, nowMs: number): boolean {
    const before = this.#entries.find((entry) => entry.pattern === pattern)
    const others = this.#entries.filter((entry) => entry !== before)
    const next = decision && { pattern, ...decision, sinceMs: before?.sinceMs ?? nowMs }
    this.#entries = [...others, ...(next ? [next] : [])].toSorted((a, b) =>
      a.pattern < b.pattern ? -1 : 1,
    )
    return before !== undefined
  }

  /** Returns what is in force for an agent: of all entries that apply, the one with the longest pattern. */
  of(agentId: string): Maintenance | null {
    const exact = this.#entries.find(({ pattern }) => pattern === agentId)
    const prefixes = this.#entries.filter(
      ({ pattern }) => pattern.endsWith('*') && agentId.startsWith(pattern.slice(0, -1)),
    )
    const [longest] = prefixes.toSorted((a, b) => b.pattern.length - a.pattern.length)
    const entry = exact ?? longest
    return entry ? { reason: entry.reason, by: entry.by, sinceMs: entry.sinceMs } : null
  }
}
