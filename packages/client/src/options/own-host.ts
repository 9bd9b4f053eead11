import { registryAddresses } from '../transport/registry-addresses.ts'
import { builtinModule, machineName } from './platform.ts'

/** Timeout for resolving the host name of the registry, in milliseconds. */
const LOOKUP_TIMEOUT_MS = 1000

/** The part of `node:dgram` that is used here. */
interface Dgram {
  createSocket(type: 'udp4' | 'udp6'): {
    connect(port: number, host: string, connected: (error?: Error) => void): void
    once(name: 'error', listener: (error: Error) => void): void
    address(): { readonly address: string }
    close(): void
  }
}

/**
 * Returns the address where others reach this machine: the local address of its route to the
 * registry, determined without sending anything. Falls back to the host name.
 */
export async function ownHost(registryUrl: string): Promise<string> {
  const dgram = builtinModule<Dgram>('dgram')
  const [first] = registryAddresses(registryUrl)
  if (dgram && first) {
    const { hostname, port, protocol } = new URL(first.url)
    const target = {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port) || (protocol === 'https:' ? 443 : 80),
    }
    for (const type of ['udp4', 'udp6'] as const) {
      const address = await localAddressTowards(dgram, type, target)
      if (address) return address
    }
  }
  return machineName() ?? 'localhost'
}

function localAddressTowards(
  dgram: Dgram,
  type: 'udp4' | 'udp6',
  { host, port }: { host: string; port: number },
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = dgram.createSocket(type)
    const done = (address: string | undefined): void => {
      clearTimeout(timer)
      socket.close()
      resolve(address)
    }
    const timer = setTimeout(done, LOOKUP_TIMEOUT_MS, undefined)
    // The callback also receives an error, such as a name without an address of this family.
    const connected = (error?: Error): void => done(error ? undefined : socket.address().address)
    socket.once('error', connected)
    socket.connect(port, host, connected)
  })
}
