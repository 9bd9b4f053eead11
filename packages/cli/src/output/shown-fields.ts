import type { Agent } from '@rollcall/client'

/**
 * What is shown of every field of an agent, in this order; undefined: the field is not shown, or
 * only as part of another one. A new field does not compile until each output decides about it.
 */
export type ShownFields<Shown> = { readonly [Field in keyof Agent]: Shown | undefined }

/** Returns what is shown, in order. */
export function shownOf<Shown extends object | string | number>(
  fields: ShownFields<Shown>,
): Shown[] {
  return Object.values<Shown | undefined>(fields).filter((shown) => shown !== undefined)
}
