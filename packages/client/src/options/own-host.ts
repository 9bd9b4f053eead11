import { registryAddresses } from '../transport/registry-addresses.ts'
import { builtinModule, machineName } from './platform.ts'

/** Milliseconds for the name of the registry to be resolved. */
const LOOKUP_MS = 1000

/** As much of `node:dgram` as is needed here. */
interface Dgram {
  createSocket(type: 'udp4' | 'udp6'): {
    connect(port: number, host: string, connected: (error?: Error) => void): void
    once(name: 'error', listener: (error: Error) => void): void
    address(): { readonly address: string }
    close(): void
  }
}

/**
 * Where others reach this machine: the address from which it reaches the registry, as the system
 * routes it. Nothing is sent for that. Else the name of the machine.
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
      const address = await addressTowards(dgram, type, target)
      if (address) return address
    }
  }
  return machineName() ?? 'localhost'
}

function addressTowards(
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
    const timer = setTimeout(done, LOOKUP_MS, undefined)
    // The name may not exist, or have no address of this family: the callback hears of that, too.
    const connected = (error?: Error): void => done(error ? undefined : socket.address().address)
    socket.once('error', connected)
    socket.connect(port, host, connected)
  })
}
