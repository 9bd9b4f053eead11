import type { FastifyRequest } from 'fastify'
import { revisionIn } from './stream-position.ts'

/** Where a stream begins. */
export type StreamStart =
  /** Behind what the client knows. */
  | { readonly kind: 'resume'; readonly revision: number }
  | { readonly kind: 'snapshot' }
  /** The client cannot go on where it was: forget everything, then a snapshot. */
  | { readonly kind: 'reset'; readonly reason: string }

/** What the client knows decides; a browser that comes back repeats the address of its first time. */
export function startOf(
  request: FastifyRequest,
  { since, snapshot }: { readonly since?: string; readonly snapshot?: boolean },
  { epoch, revision }: { epoch: string; revision: number },
): StreamStart {
  const lastEventId = request.headers['last-event-id']
  const known = typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : since
  if (known === undefined) return snapshot ? { kind: 'snapshot' } : { kind: 'resume', revision }
  const resumeAt = revisionIn(known, epoch)
  return resumeAt === undefined
    ? { kind: 'reset', reason: `${known.slice(0, 80)} is no place in the history ${epoch}` }
    : { kind: 'resume', revision: resumeAt }
}
