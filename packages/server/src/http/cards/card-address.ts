import { urlFlaw } from '../../domain/agent-address.ts'

/** Where an agent is called. */
export interface CardAddress {
  readonly url: string | undefined
  readonly host: string
  readonly port: number
}

/** Ports of schemes, for URLs that name none. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'ws:': 80,
  'wss:': 443,
}

/** The address of a gRPC interface, which is no URL. */
const HOST_AND_PORT = /^([^\s/:[\]]+|\[[0-9a-fA-F:]+\]):(\d{1,5})$/

/** Returns the address in a card; empty if it has none by which an agent can be called. */
export function cardAddress(text: unknown): Partial<CardAddress> {
  if (typeof text !== 'string') return {}
  const [, host, digits] = HOST_AND_PORT.exec(text) ?? []
  if (host !== undefined) {
    const port = Number(digits)
    return port >= 1 && port <= 65_535 ? { host, port } : {}
  }
  if (urlFlaw(text) !== undefined) return {}
  const { protocol, hostname, port } = new URL(text)
  const number = port === '' ? DEFAULT_PORTS[protocol] : Number(port)
  return hostname === '' || number === undefined
    ? { url: text }
    : { url: text, host: hostname, port: number }
}
