import { LIMITS } from '@rollcall/protocol'

/**
 * An id that no other run has at the same time, in the letters that the registry allows: the name, and
 * the pod, which Kubernetes names once, or the host name and something random. Host names and process
 * ids are the same in many containers.
 */
export function agentIdFor(
  agentName: string,
  place: { podName?: string | undefined; hostName: string; random: string },
): string {
  const [name, host] = [agentName, place.podName ?? place.hostName].map((part) =>
    part
      .normalize('NFKD')
      .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
      .replaceAll(/^-+|-+$/g, ''),
  )
  const tail = place.podName === undefined ? `-${place.random}` : ''
  const head = [name || 'agent', host].filter(Boolean).join('-')
  return head.slice(0, LIMITS.agentIdCharacters - tail.length) + tail
}
