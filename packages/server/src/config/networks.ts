import { isIP } from 'node:net'

export const NETWORKS_RULE =
  'takes networks or addresses, such as 10.1.0.0/16, fd00:1::/48 or 127.0.0.1'

/** Whether a text is an address, or an address and the length of a prefix. */
export function isNetwork(text: string): boolean {
  const [, address = '', digits] = /^([0-9A-Fa-f.:]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const version = isIP(address)
  if (version === 0) return false
  return digits === undefined || Number(digits) <= (version === 4 ? 32 : 128)
}
