import { DiscoveryClient, type HeartbeatReport } from '@rollcall/client'
import {
  type HeartbeatReceipt,
  type RegisteredAgent,
  type Registration,
  withoutPassword,
} from '@rollcall/protocol'

/** A registry as the command sees it: what an agent can do, the command can do for any agent. */
export class CommandRegistry extends DiscoveryClient {
  /** Its address for people: without the password that is in it, if any. */
  get shownUrl(): string {
    return withoutPassword(this.registryUrl)
  }

  register(registration: Registration): Promise<RegisteredAgent> {
    return this.api.register(registration)
  }

  /** @throws ApiError `AGENT_NOT_FOUND` when there is no such agent */
  heartbeat(agentId: string, report: HeartbeatReport = {}): Promise<HeartbeatReceipt> {
    return this.api.heartbeat(agentId, report)
  }

  /** False: there was no such agent. */
  deregister(agentId: string): Promise<boolean> {
    return this.api.deregister(agentId)
  }
}
