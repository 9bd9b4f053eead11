import { shellQuoted } from '../components/shell-quoted.ts'

/** The commands that do what the buttons do, without a token: that is for the user to add. */
export const curlCommands = {
  get: (registryUrl: string, agentId: string): string =>
    `curl ${shellQuoted(agentUrl(registryUrl, agentId))}`,
  drain: (registryUrl: string, agentId: string, reason: string): string =>
    [
      `curl -X PUT ${shellQuoted(`${agentUrl(registryUrl, agentId)}/maintenance`)}`,
      "-H 'content-type: application/json'",
      `-d ${shellQuoted(JSON.stringify({ reason }))}`,
    ].join(' '),
  ready: (registryUrl: string, pattern: string): string =>
    `curl -X DELETE ${shellQuoted(`${agentUrl(registryUrl, pattern)}/maintenance`)}`,
  deregister: (registryUrl: string, agentId: string): string =>
    `curl -X DELETE ${shellQuoted(agentUrl(registryUrl, agentId))}`,
}

function agentUrl(registryUrl: string, agentId: string): string {
  return `${registryUrl}/agents/${encodeURIComponent(agentId)}`
}
