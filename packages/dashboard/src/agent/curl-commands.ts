/** Quotes a text for a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** The commands that do what the buttons do, without a token: that is for the user to add. */
export const curlCommands = {
  get: (registryUrl: string, agentId: string): string =>
    `curl ${quoted(agentUrl(registryUrl, agentId))}`,
  drain: (registryUrl: string, agentId: string, reason: string): string =>
    [
      `curl -X PUT ${quoted(`${agentUrl(registryUrl, agentId)}/maintenance`)}`,
      "-H 'content-type: application/json'",
      `-d ${quoted(JSON.stringify({ reason }))}`,
    ].join(' '),
  ready: (registryUrl: string, pattern: string): string =>
    `curl -X DELETE ${quoted(`${agentUrl(registryUrl, pattern)}/maintenance`)}`,
  deregister: (registryUrl: string, agentId: string): string =>
    `curl -X DELETE ${quoted(agentUrl(registryUrl, agentId))}`,
}

function agentUrl(registryUrl: string, agentId: string): string {
  return `${registryUrl}/agents/${encodeURIComponent(agentId)}`
}
