import { LIMITS } from '@rollcall/protocol'

/**
 * An id that no other run has at the same time: name, host name and process id, in the letters
 * that the registry allows.
 */
export function agentIdFor(agentName: string, hostName: string, processId: number): string {
  const [name, host] = [agentName, hostName].map((part) =>
    part
      .normalize('NFKD')
      .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
      .replaceAll(/^-+|-+$/g, ''),
  )
  const tail = `-${processId}`
  const head = [name || 'agent', host].filter(Boolean).join('-')
  return head.slice(0, LIMITS.agentIdCharacters - tail.length) + tail
}
