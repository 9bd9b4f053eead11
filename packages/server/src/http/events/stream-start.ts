import type { FastifyRequest } from 'fastify'
import { revisionIn } from './stream-position.ts'

/** Where a stream starts. */
export type StreamStart =
  /** After the last event that the client received. */
  | { readonly kind: 'resume'; readonly revision: number }
  | { readonly kind: 'snapshot' }
  /** The client cannot resume: it must discard everything, and a snapshot follows. */
  | { readonly kind: 'reset'; readonly reason: string }

/** Prefers `Last-Event-ID`, because a reconnecting browser repeats the URL of its first request. */
export function startOf(
  request: FastifyRequest,
  { since, snapshot }: { readonly since?: string; readonly snapshot?: boolean },
  { epoch, revision }: { epoch: string; revision: number },
): StreamStart {
  const lastEventId = request.headers['last-event-id']
  const id = typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : since
  if (id === undefined) return snapshot ? { kind: 'snapshot' } : { kind: 'resume', revision }
  const resumeAt = revisionIn(id, epoch)
  return resumeAt === undefined
    ? { kind: 'reset', reason: `${id.slice(0, 80)} is not a position in the history ${epoch}` }
    : { kind: 'resume', revision: resumeAt }
}
