import { LIMITS } from '@rollcall/protocol'

/**
 * Generates an id that no concurrent run has, from characters that the registry allows: the name
 * and the pod name, which is unique in Kubernetes, or the name, the host name and a random part.
 * Host names and process ids can be equal in several containers.
 */
export function generateAgentId(
  agentName: string,
  place: { podName?: string | undefined; hostName: string; random: string },
): string {
  const [name, host] = [agentName, place.podName ?? place.hostName].map((part) =>
    part
      .normalize('NFKD')
      .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
      .replaceAll(/^-+|-+$/g, ''),
  )
  const suffix = place.podName === undefined ? `-${place.random}` : ''
  const prefix = [name || 'agent', host].filter(Boolean).join('-')
  return prefix.slice(0, LIMITS.agentIdCharacters - suffix.length) + suffix
}
