// An export of a registry of two nodes on PostgreSQL under load: what was acknowledged before it is in it, what was
// never sent is not.
//
//   ROLLCALL_BACKUP_LOAD=full   as for backups of a file
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { freshStore } from '../stores/fresh-store.ts'
import { IS_FULL, LOAD_SIZE, makeCopies } from './support/copies-under-load.ts'
import { Load } from './support/load.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { runRollcall } from './support/rollcall-command.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

test('each export holds what was acknowledged before it, and nothing that was never sent', async () => {
  using folder = new TemporaryFolder()
  await using store = await freshStore('postgres')
  const node = () => RegistryProcess.start({ cwd: folder.path, db: store.url, args: [] })
  await using first = await node()
  await using _second = await node()
  using load = await Load.start({ url: first.url, ...LOAD_SIZE })
  const path = (number: number) => folder.file(`export-${number}.jsonl`)

  const figures = await makeCopies(load, {
    make: async (number) => {
      const args = ['export', '--db', store.url, '--to', path(number)]
      const { code, stderr } = await runRollcall(args, { cwd: folder.path })
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    },
    agentsIn: (number) =>
      new Set(readFileSync(path(number), 'utf8').match(/(?<=^{"agent":{"agent_id":")new-[^"]*/gm)),
  })
  if (IS_FULL) console.info(figures)
})
