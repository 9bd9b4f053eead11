import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'

/** How a client finds out which version of MCP a server speaks. */
export const MODES = {
  'of 2025': 'legacy',
  'that asks first': 'auto',
  'of 2026': { pin: '2026-07-28' },
} as const
export type Mode = keyof typeof MODES

/** A client of the MCP SDK, connected to a registry. */
export interface ConnectedClient extends AsyncDisposable {
  readonly client: Client
  /** The text of each notification, oldest first: its method, and its resource if it has one. */
  readonly notifications: readonly string[]
}

/** Connects a client of the MCP SDK. */
export async function connect(
  registryUrl: string,
  mode: Mode = 'of 2026',
  token?: string,
): Promise<ConnectedClient> {
  const client = new Client(
    { name: 'test', version: '1' },
    { versionNegotiation: { mode: MODES[mode] } },
  )
  const notifications: string[] = []
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
    notifications.push(params.uri)
  })
  client.setNotificationHandler('notifications/resources/list_changed', () => {
    notifications.push('list_changed')
  })
  const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` }
  const transport = new StreamableHTTPClientTransport(new URL(`${registryUrl}/mcp`), {
    ...(headers && { requestInit: { headers } }),
  })
  await client.connect(transport)
  return { client, notifications, [Symbol.asyncDispose]: () => client.close() }
}
