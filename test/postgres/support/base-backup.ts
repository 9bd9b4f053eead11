import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withClient } from './postgres-client.ts'

/** Folders of which a backup has only the folder, as the manual of PostgreSQL lists them. */
const LEFT_EMPTY = new Set([
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
])

/** Files of the running server that are none of its copy's business. */
const LEFT_OUT = new Set(['postmaster.pid', 'postmaster.opts', 'postgresql.auto.conf.tmp'])

/**
 * Copies the data folder of a server that goes on running, by the low-level calls for backups. The
 * copy has no log of its own; whoever starts it has to fetch that from the server.
 */
export async function takeBaseBackup(url: string, data: string, target: string): Promise<void> {
  // The same connection has to begin and to end a backup.
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
    if (LEFT_EMPTY.has(entry.name)) await mkdir(target, { mode: 0o700 })
    else if (entry.isDirectory()) await copyFolder(source, target)
    else if (!LEFT_OUT.has(entry.name)) await copyIfThere(source, target)
  }
}

/** What is removed while a backup is taken the copy removes by itself, from the log. */
async function copyIfThere(source: string, target: string): Promise<void> {
  try {
    await copyFile(source, target)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
