import type { RegistrationWarning } from '@rollcall/protocol'
import { isLocalHost, isLocalUrl, urlOf } from '../../domain/agent-address.ts'
import type { AgentRecord } from '../../domain/agent-record.ts'

/** Where a request came from, and where it arrived. */
export interface SocketAddresses {
  readonly remoteAddress?: string | undefined
  readonly localAddress?: string | undefined
}

const NONE: readonly RegistrationWarning[] = []

/**
 * Warns of an agent that came from another machine and says that it is called at a loopback address:
 * a caller there reaches its own machine.
 */
export function addressWarnings(
  agent: Pick<AgentRecord, 'host' | 'port' | 'url'>,
  { remoteAddress, localAddress }: SocketAddresses,
): readonly RegistrationWarning[] {
  const fields: ('host' | 'url')[] = []
  if (isLocalHost(agent.host)) fields.push('host')
  // What the registry makes of the host says the same once more.
  const isGiven = agent.url !== urlOf(agent.host, agent.port)
  if (isGiven && isLocalUrl(agent.url)) fields.push('url')
  if (fields.length === 0 || remoteAddress === undefined) return NONE
  // Behind a proxy on this machine the address of an agent is unknown. One that comes from the
  // registry's own address is on this machine.
  if (isLocalHost(remoteAddress) || remoteAddress === localAddress) return NONE
  const from = remoteAddress.replace('::ffff:', '')
  return fields.map((field) => ({
    code: 'LOCAL_ADDRESS',
    pointer: `/${field}`,
    message:
      `${field} "${agent[field]}" is every machine by itself, but the agent registered from ` +
      `${from}; send an address at which others reach it`,
  }))
}
