/** Headers of every response that says nothing else of caches. */
export const PROTECTING_HEADERS = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
} as const
