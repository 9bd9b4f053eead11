type Json = Readonly<Record<string, unknown>>

/**
 * Adds the members of a 0.3 card to a 1.0 card whose agent speaks 0.3 as well. Clients of both versions read the
 * result, and signatures remain valid, because they cover the members of 1.0. Undefined: the agent speaks only 1.0,
 * and no other card is claimed for it.
 */
export function toOldCard(text: string): string | undefined {
  const card = JSON.parse(text) as Json
  const old = (card.supportedInterfaces as readonly Json[]).filter(
    ({ protocolVersion }) =>
      typeof protocolVersion === 'string' && protocolVersion.startsWith('0.'),
  )
  const [first] = old
  if (first === undefined || card.url !== undefined) return undefined
  return JSON.stringify({
    ...card,
    protocolVersion: '0.3.0',
    url: first.url,
    preferredTransport: first.protocolBinding ?? 'JSONRPC',
    additionalInterfaces: old.map(({ url, protocolBinding }) => ({
      url,
      transport: protocolBinding ?? 'JSONRPC',
    })),
  })
}
