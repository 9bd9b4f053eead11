import type { Fetch } from '../transport/call.ts'
import { httpFetch } from './http-fetch.ts'
import type { ClientTlsFiles } from './tls-agents.ts'

/** Replaces the files for TLS, which can be passed to a thread, by the `fetch` that uses them. */
export function withFetch<Options extends object>({
  tls,
  ...options
}: Options & { readonly tls?: ClientTlsFiles | undefined }): Omit<
  Options & { readonly fetch?: Fetch },
  'tls'
> {
  return { ...options, ...(tls && { fetch: httpFetch(tls) }) } as Omit<
    Options & { readonly fetch?: Fetch },
    'tls'
  >
}
