// Leases of a restored registry: lease time has stood still since the backup.
import { expect, test } from 'vitest'
import { backUpFile } from '../../../../src/storage/sqlite/backup/backup.ts'
import { ManualClock } from '../../../../src/testing/manual-clock.ts'
import { registration } from '../../sample-registration.ts'
import { BackedUpRegistry } from './backed-up-registry.ts'

const HOUR_MS = 3_600_000

async function backupWithTwoAgents(clock: ManualClock): Promise<BackedUpRegistry> {
  const registry = await BackedUpRegistry.start(0, { clock })
  const { store } = registry
  await store.add(registration({ agentId: 'dead', ttlSeconds: 5 }))
  clock.advance(6000)
  await store.expireLapsed()
  await store.add(registration({ agentId: 'alive', ttlSeconds: 60 }))
  clock.advance(50_000)
  await backUpFile({ from: registry.file, to: registry.backup })
  clock.advance(HOUR_MS)
  return registry
}

test('an agent that was alive at the backup has its restart grace, a dead one does not', async () => {
  const clock = new ManualClock()
  await using registry = await backupWithTwoAgents(clock)
  const restored = await registry.open({ clock, restartGraceSeconds: 30 }, registry.backup)
  expect(await restored.get('dead')).toMatchObject({ alive: false })
  expect(await restored.get('alive')).toMatchObject({ alive: true })
  clock.advance(29_999)
  expect(await restored.get('alive')).toMatchObject({ alive: true })
  clock.advance(60_000)
  expect(await restored.get('alive')).toMatchObject({ alive: false })
})

test('a registry whose state is old says from when it is', async () => {
  const clock = new ManualClock()
  await using registry = await backupWithTwoAgents(clock)
  const warnings: { details: object; message: string }[] = []
  const logger = {
    warn: (details: object, message: string) => void warnings.push({ details, message }),
  }
  await registry.open({ clock, logger }, registry.backup)
  const lastHeartbeat = new Date(clock.wallMs() - HOUR_MS - 50_000).toISOString()
  expect(warnings).toEqual([
    {
      details: { lastHeartbeat, minutes: 60 },
      message: expect.stringContaining(
        `the state in the file is from ${lastHeartbeat}, 60 minutes ago`,
      ),
    },
  ])
})

test('a registry that was stopped briefly, or whose agents had all expired, does not', async () => {
  const clock = new ManualClock()
  await using registry = await BackedUpRegistry.start(1, { clock })
  const warnings: string[] = []
  const logger = { warn: (_: object, message: string) => void warnings.push(message) }
  await registry.store.close()
  clock.advance(9 * 60_000)
  await registry.open({ clock, logger })
  clock.advance(60_000)
  await registry.store.expireLapsed()
  await registry.store.close()
  clock.advance(HOUR_MS)
  await registry.open({ clock, logger })
  expect(warnings).toEqual([])
})
