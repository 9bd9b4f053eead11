/**
 * Returns registrations of agents as large as the limits allow, about 14 kB each on the wire: a few of
 * them exceed the buffers between a server and its reader.
 */
export function largeFleet(size: number): Record<string, unknown>[] {
  return Array.from({ length: size }, (_, index) => ({
    agent_id: `agent-${index}`,
    agent_name: 'A',
    host: 'h',
    port: 1,
    url: `http://${'u'.repeat(2000)}`,
    metadata: { notes: 'n'.repeat(3900) },
    capabilities: Array.from({ length: 64 }, () => 'c'.repeat(128)),
  }))
}
