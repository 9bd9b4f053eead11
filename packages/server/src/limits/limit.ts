/** A limit of the registry, as shown on the reference page. */
export interface Limit {
  /** What is limited, in a few words. */
  readonly what: string
  /** The default, or the fixed value. */
  readonly value: number
  /** The unit of the value; empty for a count. */
  readonly unit: string
  /** The flag of the setting that changes it; undefined if it is fixed. */
  readonly setting?: string
  /** What happens beyond it. */
  readonly beyond: string
}
