/** A place in a source file of an SDK, and what breaks it. */
export type Break = readonly [file: string, text: string, replacement: string]

/** A rule of `docs/sdk-contract.md`, with one way to break it in each SDK. */
export interface Rule {
  readonly topic: string
  /** The case of the suite that fails in an SDK that breaks the rule. */
  readonly case: string
  /** Relative to `packages/client/src`. */
  readonly typescript: Break
  /** Relative to `packages/python/src/rollcall_client`. */
  readonly python: Break
}
