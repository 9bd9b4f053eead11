import type { FastifyReply } from 'fastify'
import type { RegistryCounts } from '../../domain/agent-registry-repository.ts'

/** Says with an answer where the registry stood, so that the client can follow from there. */
export function setPosition(
  reply: FastifyReply,
  { revision, epoch }: Pick<RegistryCounts, 'revision' | 'epoch'>,
): void {
  reply.header('x-registry-revision', revision).header('x-registry-epoch', epoch)
}

/**
 * The `Link` to another page of the same list, relative to the address that was asked: a proxy may
 * have stripped the beginning of its path.
 *
 * @param url of the request, as it came
 * @param changes parameters that are different there
 */
export function pageLink(
  url: string,
  rel: 'next' | 'prev',
  changes: Readonly<Record<string, string>>,
): string {
  // A query may hold further question marks.
  const at = url.includes('?') ? url.indexOf('?') : url.length
  const parameters = new URLSearchParams(url.slice(at + 1))
  for (const [name, value] of Object.entries(changes)) parameters.set(name, value)
  return `<?${parameters}>; rel="${rel}"`
}
