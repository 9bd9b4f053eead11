/** A limit of the registry, as the reference page shows it. */
export interface Limit {
  /** What is limited, in a few words. */
  readonly what: string
  /** The default, or what it always is. */
  readonly value: number
  /** Of the value; empty for a count. */
  readonly unit: string
  /** The flag of the setting that changes it; undefined: it is fixed. */
  readonly setting?: string
  /** What happens beyond it. */
  readonly beyond: string
}
