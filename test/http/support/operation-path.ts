/** Returns the path of an operation for one agent, which is an MCP server of no other name, and for a token. */
export function operationPath(path: string, agentId: string, tokenId = '000000000000'): string {
  return path
    .replace('{agent_id}', agentId)
    .replace('{token_id}', tokenId)
    .replace('{identifier}', `urn:air:rollcall.localhost:agent:${agentId}`)
    .replace('{server_name}', `localhost.rollcall%2F${agentId.replaceAll(':', '.')}`)
    .replace('{version}', 'latest')
}
