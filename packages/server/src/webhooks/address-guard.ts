import { BlockList, isIP } from 'node:net'

/** Of IPv4, what is not the public internet (RFC 6890 and its registry at IANA), and multicast. */
const REFUSED_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
]
/** All of IPv6 that is assigned to the public internet … */
const PUBLIC_IPV6 = ['2000::/3']
/** … except protocols, documentation, and 6to4, which carries an IPv4 address to where it wants. */
const REFUSED_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']

/** Made when the first address is examined, which most registries never do. */
let lists: { readonly refused: BlockList; readonly publicV6: BlockList } | undefined
function fixedLists() {
  lists ??= {
    refused: blockList([...REFUSED_IPV4, ...REFUSED_IPV6]),
    publicV6: blockList(PUBLIC_IPV6),
  }
  return lists
}

/**
 * Decides to which addresses events may be sent. Otherwise, whoever may create webhooks could make the registry call
 * services that trust its network, such as the metadata service of a cloud (server-side request forgery).
 */
export class AddressGuard {
  readonly #allowed: BlockList

  /** @param networks that may be called although they are not public, `10.1.0.0/16`, or addresses */
  constructor(networks: readonly string[] = []) {
    this.#allowed = blockList(networks)
  }

  /** Whether events may be sent to an address, IPv4 or IPv6. */
  allows(address: string): boolean {
    const plain = unmapped(address)
    const version = isIP(plain)
    if (version === 0) return false
    const family = version === 4 ? 'ipv4' : 'ipv6'
    if (this.#allowed.check(plain, family)) return true
    const { refused, publicV6 } = fixedLists()
    return !refused.check(plain, family) && (version === 4 || publicV6.check(plain, family))
  }

  /**
   * Returns why no event may be sent to the host of a URL, if it is an address; undefined: it may, or it is a name,
   * which is resolved with each connection.
   */
  refusalOf(url: URL): string | undefined {
    const host = url.hostname.replace(/^\[|\]$/g, '')
    if (isIP(host) === 0 || this.allows(host)) return undefined
    return refusal(host)
  }
}

/** Says that an address is refused, and what an operator can do about it. */
export function refusal(address: string): string {
  return `the address ${address} is not on the public internet (see --webhook-networks)`
}

/** Returns the IPv4 address in an IPv6 one that stands for it: the socket would reach the former. */
function unmapped(address: string): string {
  if (isIP(address) !== 6) return address
  const canonical = URL.parse(`http://[${address}]`)?.hostname.slice(1, -1) ?? address
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical) ?? []
  if (high === undefined || low === undefined) return address
  const bits = (Number.parseInt(high, 16) << 16) | Number.parseInt(low, 16)
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.')
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', digits] = network.split('/')
    const isV4 = isIP(address) === 4
    const prefix = digits === undefined ? (isV4 ? 32 : 128) : Number(digits)
    list.addSubnet(address, prefix, isV4 ? 'ipv4' : 'ipv6')
  }
  return list
}
