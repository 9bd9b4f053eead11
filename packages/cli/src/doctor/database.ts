import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import { withoutPassword } from '@rollcall/protocol'
import { count } from '../output/count.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const TOPIC = 'database'
/** Start of every SQLite file: https://www.sqlite.org/fileformat2.html#the_database_header */
const MAGIC = 'SQLite format 3\0'
const HEADER_BYTES = 100
/** Marks a file as a registry: "Roll" in ASCII. */
const APPLICATION_ID = 0x526f6c6c

/**
 * Checks the header of a registry file, which can be read while a registry uses the file. The pages
 * are not checked; `rollcall serve` has SQLite do that at startup.
 */
export function checkDatabase(db: string): Finding[] {
  const path = /^sqlite:\/\/\/(.+)$/.exec(db)?.[1]
  if (path === undefined || path === ':memory:') {
    const advice = 'use sqlite:///relative.db or sqlite:////absolute.db'
    return [fail(TOPIC, `${withoutPassword(db)} is not a database file`, advice)]
  }
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    return [cannotRead(path, error)]
  }
  try {
    const header = Buffer.alloc(HEADER_BYTES)
    const read = readSync(file, header, 0, HEADER_BYTES, 0)
    return [checkHeader(path, header.subarray(0, read), fstatSync(file).size)]
  } catch (error) {
    return [cannotRead(path, error)]
  } finally {
    closeSync(file)
  }
}

function checkHeader(path: string, header: Buffer, bytes: number): Finding {
  if (bytes === 0) return ok(TOPIC, `${path} is empty; rollcall serve initializes it`)
  if (header.length < HEADER_BYTES || header.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    return fail(
      TOPIC,
      `${path} is not a SQLite file`,
      'restore it from a backup, or use another file',
    )
  }
  if (header.readUInt32BE(68) !== APPLICATION_ID) {
    // A registry that has just created the file has its first pages only in the -wal file.
    if (existsSync(`${path}-wal`)) {
      return warn(TOPIC, `${path} is in use, but has no header yet`, 'run doctor again later')
    }
    const advice = 'it belongs to another program; use another file with --db'
    return fail(TOPIC, `${path} is not a registry file`, advice)
  }
  // 1 means 65536. Pages may still be in the -wal file, so a short file need not be damaged.
  const pageBytes = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16)
  if (bytes % pageBytes !== 0) {
    const advice = 'the file is truncated; restore it from a backup'
    return fail(TOPIC, `${path} ends in the middle of a page`, advice)
  }
  const schema = header.readUInt32BE(60)
  const size = `${count(Math.ceil(bytes / 1024))} KiB`
  return ok(TOPIC, `${path}, ${size}, schema version ${schema}; header checked, pages not checked`)
}

function cannotRead(path: string, error: unknown): Finding {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') {
    return fail(TOPIC, `${path} does not exist`, 'check the path; rollcall serve creates the file')
  }
  if (code === 'EISDIR') return fail(TOPIC, `${path} is a folder`, 'use a file in it')
  const advice = 'grant the user of the registry read and write access'
  return fail(TOPIC, `${path} cannot be read: ${message}`, advice)
}
