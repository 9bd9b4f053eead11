import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import type { TemporaryFolder } from '../../../../test/e2e/support/temporary-folder.ts'
import { createStorageBackend } from '../../src/storage/create-storage-backend.ts'
import { registration } from './sample-registration.ts'

export const WAIT_OPTIONS = { timeout: 30_000, interval: 50 }

/**
 * Opens a registry in its own folder, with one agent. By default heartbeats are not written before it is
 * closed, so that only the check once a second detects problems by itself.
 */
export async function openRegistry(
  folder: TemporaryFolder,
  { heartbeatFlushIntervalMs = 3_600_000 } = {},
) {
  const home = join(folder.path, 'home')
  mkdirSync(home)
  const file = join(home, 'a.db')
  const warnings: string[] = []
  const logger = { warn: (_: object, message: string) => warnings.push(message) }
  const options = { heartbeatFlushIntervalMs, logger }
  const open = () => createStorageBackend(`sqlite:///${file}`, options)
  const store = await open()
  await store.add(registration({ agentId: 'first' }))
  return { file, store, open, warnings }
}

export type Registry = Awaited<ReturnType<typeof openRegistry>>

export function add({ store }: Registry, agentId: string) {
  return store.add(registration({ agentId }))
}

export async function idsIn(store: Registry['store']): Promise<string[]> {
  const pages = await Array.fromAsync(store.listAll({ includeDead: true }))
  return pages.flat().map(({ agentId }) => agentId)
}

/** Waits until the readiness check reports a matching error; `ready` when it succeeds. */
export async function becomes({ store }: Registry, expected: RegExp): Promise<void> {
  await vi.waitFor(async () => {
    const state = await store.checkWritable().then(
      () => 'ready',
      (error: Error) => error.message,
    )
    expect(state).toMatch(expected)
  }, WAIT_OPTIONS)
}
