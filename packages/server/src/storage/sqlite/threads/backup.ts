import type { BackupContent, BackupOptions } from '../../../domain/backup-source.ts'
import { RegistryError } from '../../../domain/registry-error.ts'
import type { BackupRequest, ReaderOptions } from './messages.ts'
import { SqliteThread } from './thread.ts'

/**
 * Backs up the file of a running registry on a thread, which exists only meanwhile. It has a lower priority
 * where the system supports that for one thread, so that it does not delay heartbeats.
 *
 * @throws RegistryError `STORAGE_UNUSABLE`, or the reason of the signal once the thread has ended
 */
export async function backUpOnThread(
  file: ReaderOptions,
  to: string,
  { signal }: BackupOptions,
): Promise<BackupContent> {
  signal?.throwIfAborted()
  const { thread } = await SqliteThread.start<BackupRequest>('backup-thread', file)
  const abort = (): void => void thread.send({ kind: 'close' })
  signal?.addEventListener('abort', abort, { once: true })
  try {
    if (signal?.aborted) abort()
    const outcome = await thread.send({ kind: 'backUp', to })
    if (outcome.ok && outcome.value?.backup) return outcome.value.backup
    signal?.throwIfAborted()
    const reason = outcome.ok ? 'the response contained no data' : outcome.message
    throw new RegistryError('STORAGE_UNUSABLE', reason)
  } finally {
    signal?.removeEventListener('abort', abort)
    await thread.finish({ kind: 'close' })
  }
}
