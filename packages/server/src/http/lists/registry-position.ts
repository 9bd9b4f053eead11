import type { FastifyReply } from 'fastify'
import { currentBranch } from '../../domain/branch.ts'
import type { HistoryPosition } from '../../domain/history-position.ts'

/** Sets the headers with the position of the history, from which the client can follow changes. */
export function setPosition(reply: FastifyReply, history: HistoryPosition): void {
  reply
    .header('x-registry-revision', history.revision)
    .header('x-registry-epoch', currentBranch(history))
}

/**
 * Returns the `Link` to another page of the same list, relative to the request URL, because a proxy may
 * have stripped a prefix of its path.
 *
 * @param url the URL of the request, as received
 * @param changes the parameters that differ
 */
export function pageLink(
  url: string,
  rel: 'next' | 'prev',
  changes: Readonly<Record<string, string>>,
): string {
  // A query may contain further question marks.
  const at = url.includes('?') ? url.indexOf('?') : url.length
  const parameters = new URLSearchParams(url.slice(at + 1))
  for (const [name, value] of Object.entries(changes)) parameters.set(name, value)
  return `<?${parameters}>; rel="${rel}"`
}
