import { LIMITS } from '@rollcall/protocol'
import type { CardDescription } from './a2a-card.ts'
import { cardAddress } from './card-address.ts'
import { printable } from './printable-text.ts'

type Json = Readonly<Record<string, unknown>>

/** The format of the cards of MCP servers. */
export const MCP_SERVER_CARD = 'mcp-server-card'

const NAME = /^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/

/** Describes the card of an MCP server, or its server.json; undefined: it is none. */
export function describeServerCard(card: Json): CardDescription | undefined {
  const { name, remotes, packages } = card
  if (typeof name !== 'string' || name.length > LIMITS.serverNameCharacters || !NAME.test(name)) {
    return undefined
  }
  if (!Array.isArray(remotes) && !Array.isArray(packages)) return undefined
  const [remote]: unknown[] = Array.isArray(remotes) ? remotes : []
  const title = printable(card.title, LIMITS.nameCharacters)
  const description = printable(card.description, 1024)
  return {
    format: MCP_SERVER_CARD,
    facts: {
      name: title ?? name,
      description,
      version: printable(card.version, LIMITS.nameCharacters),
      protocol: 'mcp',
      ...cardAddress(Object(remote).url),
    },
    // The name comes first: it is read from here, without the card.
    words: [name, title, description].filter((text) => text !== undefined).join('\n'),
    errors: [],
    warnings: [],
  }
}
