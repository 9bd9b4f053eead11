import { exportRegistry } from '../../../src/storage/export/export-registry.ts'
import { importRegistry } from '../../../src/storage/export/import-registry.ts'
import { SqliteAgentRegistryRepository } from '../../../src/storage/sqlite/repository.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { ANN, ANYBODY } from '../../../src/testing/sample-callers.ts'
import { fullRegistration, registration } from '../sample-registration.ts'

/** Fills a registry with agents and transitions of every kind, an hour ago. */
export async function fill(path: string): Promise<void> {
  const clock = new ManualClock({ wallMs: Date.now() - 3_600_000 })
  await using store = await SqliteAgentRegistryRepository.open(path, { clock })
  await store.add(fullRegistration('everything'), ANN)
  await store.add(registration({ agentId: 'text', metadata: '{"given": "as text"}' }))
  for (const agentId of ['gone', 'removed', 'dead', 'revived', 'A', 'a', 'a:b', 'a-b', 'a_b']) {
    await store.add(registration({ agentId, ttlSeconds: 10 }))
  }
  await store.delete('gone', { caller: ANYBODY })
  clock.advance(11_000)
  await store.updateHeartbeat('revived', { status: 'busy' })
  await store.expireLapsed()
  await store.deleteExpired()
  await store.add(registration({ agentId: 'dead', ttlSeconds: 10 }))
  clock.advance(11_000)
  await store.expireLapsed()
  await store.setMaintenance('everything', { reason: 'ünïcödé "quoted"', by: 'ann' })
  await store.setMaintenance('absent:*', { reason: 'upgrade', by: 'bo' })
  await store.add(registration({ agentId: 'alive', ttlSeconds: 60 }))
  await store.updateHeartbeat('everything', { status: 'ready', load: 1 })
  clock.advance(20_000)
}

/** Exports a registry as text. */
export async function exported(db: string, schema?: string): Promise<string> {
  let text = ''
  const write = (lines: string): void => {
    text += lines
  }
  await exportRegistry({ db, schema, write })
  return text
}

/** Imports a text in chunks of some bytes. */
export function imported(
  db: string,
  text: string,
  { schema = 'rollcall', chunkBytes = 65_536 } = {},
) {
  const bytes = Buffer.from(text)
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
  }
  return importRegistry({ db, schema, from: chunks() })
}

/** An export without the moment at which it was made. */
export function withoutMoment(text: string): string[] {
  return (
    text
      .replace(/"at_ms":\d+/, '"at_ms":0')
      // Each store that is opened begins a branch.
      .replace(/"branches":\[[^\]]*\]/, '"branches":[]')
      .trimEnd()
      .split('\n')
  )
}
