/** How the command tells a script what happened. */
export const EXIT_CODES = {
  /** All went well. */
  ok: 0,
  /** It was understood, but failed. */
  failed: 1,
  /** It was not understood: unknown option, wrong value. */
  usage: 2,
} as const
