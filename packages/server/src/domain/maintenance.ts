import { covers, prefixOf } from './agent-id-pattern.ts'

/** What an operator decides when setting maintenance. */
export interface MaintenanceDecision {
  /** Why, for humans. */
  readonly reason: string
  /** Who decides it. */
  readonly by: string
}

/** What an operator has decided about agents: they are shown as draining, whatever they report. */
export interface Maintenance extends MaintenanceDecision {
  /** Unix time in milliseconds at which it began. */
  readonly sinceMs: number
}

/** Maintenance of one agent, or of all whose ids begin the same. It outlives the agents. */
export interface MaintenanceEntry extends Maintenance {
  /** An agent id, or the beginning of ids followed by `*`. */
  readonly pattern: string
}

/** A change of one entry; null: it ends. */
export interface MaintenanceChange {
  /** The pattern of the entry. */
  readonly pattern: string
  /** The entry from now on; null: none. */
  readonly entry: MaintenanceEntry | null
}

/** Whether two agents are in the same maintenance, or both in none. */
export function sameMaintenance(a: Maintenance | null, b: Maintenance | null): boolean {
  if (a === b) return true
  return a !== null && b !== null && sameDecision(a, b) && a.sinceMs === b.sinceMs
}

/** Whether the reason and the operator are the same. */
function sameDecision(a: MaintenanceDecision, b: MaintenanceDecision): boolean {
  return a.reason === b.reason && a.by === b.by
}

/** Every entry, and which of them is in force for an agent: its own, or else the longest prefix. */
export class MaintenanceEntries {
  readonly #exact = new Map<string, MaintenanceEntry>()
  readonly #byPrefix = new Map<string, MaintenanceEntry>()
  /** How many prefixes have each length. */
  readonly #countByLength = new Map<number, number>()
  /** The lengths of all prefixes, longest first. */
  #prefixLengths: readonly number[] = []
  /** One object for each entry: leases share it. */
  readonly #shown = new Map<MaintenanceEntry, Maintenance>()

  constructor(entries: Iterable<MaintenanceEntry> = []) {
    for (const entry of entries) this.set(entry)
  }

  get isEmpty(): boolean {
    return this.#shown.size === 0
  }

  /** Adds an entry, or replaces that of the same pattern. */
  set(entry: MaintenanceEntry): void {
    this.delete(entry.pattern)
    const { pattern, ...maintenance } = entry
    const prefix = prefixOf(pattern)
    if (prefix === undefined) this.#exact.set(pattern, entry)
    else {
      this.#byPrefix.set(prefix, entry)
      this.#count(prefix.length, 1)
    }
    this.#shown.set(entry, maintenance)
  }

  /** Removes the entry of a pattern, if there is one. */
  delete(pattern: string): void {
    const entry = this.get(pattern)
    if (entry === undefined) return
    const prefix = prefixOf(pattern)
    if (prefix === undefined) this.#exact.delete(pattern)
    else {
      this.#byPrefix.delete(prefix)
      this.#count(prefix.length, -1)
    }
    this.#shown.delete(entry)
  }

  /** Returns the entry of a pattern. */
  get(pattern: string): MaintenanceEntry | undefined {
    const prefix = prefixOf(pattern)
    return prefix === undefined ? this.#exact.get(pattern) : this.#byPrefix.get(prefix)
  }

  /** Returns the maintenance that is in force for an agent; null: none. */
  of(agentId: string): Maintenance | null {
    // The usual case.
    if (this.isEmpty) return null
    const entry = this.#exact.get(agentId) ?? this.#withLongestPrefix(agentId)
    return entry === undefined ? null : (this.#shown.get(entry) as Maintenance)
  }

  /** Returns all entries, sorted by pattern. */
  all(): MaintenanceEntry[] {
    return [...this.#shown.keys()].sort((a, b) => (a.pattern < b.pattern ? -1 : 1))
  }

  #withLongestPrefix(agentId: string): MaintenanceEntry | undefined {
    for (const length of this.#prefixLengths) {
      const entry = this.#byPrefix.get(agentId.slice(0, length))
      if (entry) return entry
    }
    return undefined
  }

  /** Counts instead of looking at all prefixes, of which there may be thousands. */
  #count(length: number, change: 1 | -1): void {
    const count = (this.#countByLength.get(length) ?? 0) + change
    if (count === 0) this.#countByLength.delete(length)
    else this.#countByLength.set(length, count)
    if (count === 0 || (count === 1 && change === 1)) {
      this.#prefixLengths = [...this.#countByLength.keys()].sort((a, b) => b - a)
    }
  }
}

/**
 * Returns the entry that is to be stored when an operator sets maintenance: of an existing one, only reason and
 * operator are replaced. Undefined: it is there already.
 */
export function nextEntry(
  before: MaintenanceEntry | undefined,
  { pattern, reason, by, nowMs }: MaintenanceDecision & { pattern: string; nowMs: number },
): MaintenanceEntry | undefined {
  if (before && sameDecision(before, { reason, by })) return undefined
  return { pattern, reason, by, sinceMs: before?.sinceMs ?? nowMs }
}

/** Returns the entry that applies to the agents of a pattern if it has none itself. */
export function widerEntry(
  entries: readonly MaintenanceEntry[],
  pattern: string,
): MaintenanceEntry | undefined {
  const stem = prefixOf(pattern) ?? pattern
  const wider = entries.filter((it) => it.pattern !== pattern && covers(it.pattern, stem))
  return wider
    .filter((it) => it.pattern.endsWith('*'))
    .reduce<MaintenanceEntry | undefined>(
      (best, it) => (best && best.pattern.length > it.pattern.length ? best : it),
      undefined,
    )
}

/** Describes a maintenance in the reason of a transition. */
export function describeMaintenance(maintenance: Maintenance | null): string {
  if (maintenance === null) return 'maintenance ended'
  return `maintenance by ${maintenance.by}: ${maintenance.reason}`
}

/** Encodes a maintenance for a database; null: none. */
export function encodeMaintenance(maintenance: Maintenance | null): string | null {
  if (maintenance === null) return null
  const { reason, sinceMs, by } = maintenance
  return JSON.stringify({ reason, sinceMs, by })
}
