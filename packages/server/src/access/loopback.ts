import { BlockList, isIP } from 'node:net'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8)
LOOPBACK.addAddress('::1', 'ipv6')

/** Whether only this machine reaches what listens on a host. */
export function isLoopback(host: string): boolean {
  const family = isIP(host)
  // Other names may resolve to anything, and so may shorthands of addresses.
  if (family === 0) return /^(?:.+\.)?localhost\.?$/i.test(host)
  return LOOPBACK.check(host, family === 4 ? 'ipv4' : 'ipv6')
}
