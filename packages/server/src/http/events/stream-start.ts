import type { FastifyRequest } from 'fastify'
import type { HistoryPosition } from '../../domain/history-position.ts'
import { notInHistory, revisionIn } from './stream-position.ts'

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
  history: HistoryPosition,
): StreamStart {
  const lastEventId = request.headers['last-event-id']
  const id = typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : since
  if (id === undefined)
    return snapshot ? { kind: 'snapshot' } : { kind: 'resume', revision: history.revision }
  const resumeAt = revisionIn(id, history)
  return resumeAt === undefined
    ? { kind: 'reset', reason: notInHistory(id.slice(0, 80), history) }
    : { kind: 'resume', revision: resumeAt }
}
