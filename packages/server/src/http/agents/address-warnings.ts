import type { RegistrationWarning } from '@rollcall/protocol'
import { isLocalHost, isLocalUrl, urlOf } from '../../domain/agent-address.ts'
import type { AgentRecord } from '../../domain/agent-record.ts'

/** The remote and local address of a connection. */
export interface SocketAddresses {
  readonly remoteAddress?: string | undefined
  readonly localAddress?: string | undefined
}

const NO_WARNINGS: readonly RegistrationWarning[] = []

/**
 * Warns about an agent that registers from another machine with a loopback address, at which every
 * caller would reach its own machine.
 */
export function addressWarnings(
  agent: Pick<AgentRecord, 'host' | 'port' | 'url'>,
  { remoteAddress, localAddress }: SocketAddresses,
): readonly RegistrationWarning[] {
  const fields: ('host' | 'url')[] = []
  if (isLocalHost(agent.host)) fields.push('host')
  // The default URL is derived from the host and would only repeat the warning.
  const isExplicit = agent.url !== urlOf(agent.host, agent.port)
  if (isExplicit && isLocalUrl(agent.url)) fields.push('url')
  if (fields.length === 0 || remoteAddress === undefined) return NO_WARNINGS
  // Behind a proxy on this machine, the address of the agent is unknown. An agent that connects from
  // the registry's own address is on this machine.
  if (isLocalHost(remoteAddress) || remoteAddress === localAddress) return NO_WARNINGS
  const from = remoteAddress.replace('::ffff:', '')
  return fields.map((field) => ({
    code: 'LOCAL_ADDRESS',
    pointer: `/${field}`,
    message:
      `${field} "${agent[field]}" is only reachable on the same machine, but the agent registered ` +
      `from ${from}; send an address that other machines can reach`,
  }))
}
