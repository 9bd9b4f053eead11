/** Returns the path of an operation for one agent, which is an MCP server of no other name, and for a token or a webhook. */
export function operationPath(path: string, agentId: string, hexId = '000000000000'): string {
  return path
    .replace('{agent_id}', agentId)
    .replace(/\{(?:token|webhook)_id\}/, hexId)
    .replace('{identifier}', `urn:air:rollcall.localhost:agent:${agentId}`)
    .replace('{server_name}', `localhost.rollcall%2F${agentId.replaceAll(':', '.')}`)
    .replace('{version}', 'latest')
}
