import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withClient } from './postgres-client.ts'

/** Folders that a backup contains empty, as the PostgreSQL manual lists them. */
const EMPTIED = new Set([
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
])

/** Files of the running server that a copy must not have. */
const EXCLUDED = new Set(['postmaster.pid', 'postmaster.opts', 'postgresql.auto.conf.tmp'])

/**
 * Copies the data folder of a running server with the low-level backup API. The copy has no WAL;
 * the server started on it has to stream it from the original.
 */
export async function takeBaseBackup(url: string, data: string, target: string): Promise<void> {
  // A backup must be started and stopped on the same connection.
  await withClient(url, async (client) => {
    await client.query(`SELECT pg_backup_start('test', fast => true)`)
    await copyFolder(data, target)
    const ended = await client.query<{ labelfile: string }>(
      'SELECT labelfile FROM pg_backup_stop(wait_for_archive => false)',
    )
    await writeFile(join(target, 'backup_label'), ended.rows[0]?.labelfile ?? '', { mode: 0o600 })
  })
}

async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { mode: 0o700 })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (EMPTIED.has(entry.name)) await mkdir(target, { mode: 0o700 })
    else if (entry.isDirectory()) await copyFolder(source, target)
    else if (!EXCLUDED.has(entry.name)) await copyIfThere(source, target)
  }
}

/** Ignores files that are removed while the backup is taken: the WAL records their removal. */
async function copyIfThere(source: string, target: string): Promise<void> {
  try {
    await copyFile(source, target)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
