declare const scale: unique symbol

/**
 * A point on lease time, in milliseconds: the scale of deadlines. It stands still while no registry is
 * listening. The type keeps it apart from the other scales; a difference of two points is a number.
 */
export type LeaseTime = number & { readonly [scale]: 'lease time' }

/**
 * A point on the scale of heartbeats, in milliseconds: monotonic, and unaffected by stalls. Unix times are
 * plain numbers, in fields that end with `Ms`.
 */
export type BeatTime = number & { readonly [scale]: 'beat time' }

/** Reads a number as lease time: of a store, or of a clock that keeps the scale. */
export function leaseTime(milliseconds: number): LeaseTime {
  return milliseconds as LeaseTime
}

/** Reads a number as a point on the scale of heartbeats. */
export function beatTime(milliseconds: number): BeatTime {
  return milliseconds as BeatTime
}

/** The point that lies so many milliseconds later on the same scale. */
export function later<Time extends LeaseTime | BeatTime>(time: Time, milliseconds: number): Time {
  return (time + milliseconds) as Time
}
