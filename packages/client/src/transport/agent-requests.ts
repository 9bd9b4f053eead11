import type { ChangeOptions } from './call.ts'

// The parts of requests about one agent.

/** Returns the headers of the conditions under which an agent is changed. */
export function conditionHeaders({
  instanceId,
  ifRevision,
}: ChangeOptions): Record<string, string> {
  return {
    ...(instanceId !== undefined && { 'rollcall-instance': instanceId }),
    ...(ifRevision !== undefined && { 'if-match': `"${ifRevision}"` }),
  }
}

/** Returns the path of an agent. @throws TypeError for an id that would change the path of the URL */
export function agentPath(agentId: string): string {
  if (/^\.{0,2}$/.test(agentId)) throw new TypeError(`"${agentId}" is not a valid agent id`)
  return `/agents/${encodeURIComponent(agentId)}`
}
