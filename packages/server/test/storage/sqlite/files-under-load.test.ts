// The files of a registry are damaged while it writes to them: everything requested and acknowledged
// afterwards is preserved, and what is left is still a database.
import { renameSync, rmSync, statSync, truncateSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import { TemporaryFolder } from '../../../../../test/e2e/support/temporary-folder.ts'
import { createStorageBackend } from '../../../src/storage/create-storage-backend.ts'
import { idsIn, openRegistry } from '../registry-in-folder.ts'
import { registration } from '../sample-registration.ts'

/** Enough to hit the few microseconds between the last check of a file and the write to it. */
const ROUNDS = 12

const ATTACKS: Readonly<Record<string, (file: string) => void>> = {
  'the log is emptied': (file) => truncateSync(`${file}-wal`),
  'the log is truncated to half': (file) =>
    truncateSync(`${file}-wal`, Math.floor(statSync(`${file}-wal`).size / 2)),
  'the log is deleted': (file) => rmSync(`${file}-wal`),
  'the database is deleted': (file) => rmSync(file),
  'the folder is moved away': (file) => renameSync(dirname(file), `${dirname(file)}-away`),
}

/** Registers agents continuously; returns those requested after the attack and acknowledged. */
async function attackUnderLoad(folder: TemporaryFolder, attack: (file: string) => void) {
  const { file, store } = await openRegistry(folder)
  const acknowledged: string[] = []
  const refused: unknown[] = []
  let isAttacked = false
  const load = Array.from({ length: 4 }, async (_, client) => {
    for (let turn = 0; refused.length === 0 && turn < 3_000; turn++) {
      const agentId = `agent-${client}-${turn}`
      const isAfter = isAttacked
      try {
        await store.add(registration({ agentId }))
        if (isAfter) acknowledged.push(agentId)
      } catch (error) {
        refused.push(error)
      }
    }
  })
  await new Promise((resolve) => setTimeout(resolve, 20 + 10 * Math.random()))
  attack(file)
  isAttacked = true
  await Promise.all(load)
  await store.close().catch(() => undefined)
  return { file, acknowledged, refused }
}

describe.each(Object.entries(ATTACKS))('when %s under load', (_name, attack) => {
  test('it is detected, and everything acknowledged survives a restart', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      using folder = new TemporaryFolder()
      const { file, acknowledged, refused } = await attackUnderLoad(folder, attack)
      expect(refused[0]).toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
      if (acknowledged.length === 0) continue
      await using again = await createStorageBackend(`sqlite:///${file}`)
      expect(await idsIn(again)).toEqual(expect.arrayContaining(acknowledged))
    }
  })
})

test.each(['the log is emptied', 'the log is truncated to half'])(
  'when %s under load, the registry can be opened again',
  async (name) => {
    for (let round = 0; round < ROUNDS; round++) {
      using folder = new TemporaryFolder()
      const { file } = await attackUnderLoad(folder, ATTACKS[name] ?? (() => undefined))
      await using again = await createStorageBackend(`sqlite:///${file}`)
      await again.add(registration({ agentId: 'after' }))
      expect(await idsIn(again)).toContain('after')
    }
  },
)
