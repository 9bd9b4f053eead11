import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import { withoutPassword } from '@rollcall/protocol'
import { count } from '../output/count.ts'
import { type Finding, good, odd, wrong } from './finding.ts'

const TOPIC = 'database'
/** Every SQLite file begins so: https://www.sqlite.org/fileformat2.html#the_database_header */
const MAGIC = 'SQLite format 3\0'
const HEADER_BYTES = 100
/** Marks a file as a registry: "Roll" in ASCII. */
const APPLICATION_ID = 0x526f6c6c

/**
 * Looks at the head of a registry's file, which can be read while a registry uses it. Whether all
 * pages are sound is for SQLite to say, and `rollcall serve` asks it.
 */
export function checkDatabase(db: string): Finding[] {
  const path = /^sqlite:\/\/\/(.+)$/.exec(db)?.[1]
  if (path === undefined || path === ':memory:') {
    const advice = 'name one as sqlite:///relative.db or sqlite:////absolute.db'
    return [wrong(TOPIC, `${withoutPassword(db)} is no file`, advice)]
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
    return [judge(path, header.subarray(0, read), fstatSync(file).size)]
  } catch (error) {
    return [cannotRead(path, error)]
  } finally {
    closeSync(file)
  }
}

function judge(path: string, header: Buffer, bytes: number): Finding {
  if (bytes === 0) return good(TOPIC, `${path} is empty: a registry would begin with it`)
  if (header.length < HEADER_BYTES || header.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    return wrong(TOPIC, `${path} is no SQLite file`, 'restore it from a backup, or name another')
  }
  if (header.readUInt32BE(68) !== APPLICATION_ID) {
    // A registry that has just begun with it has yet to copy its first pages from there.
    if (existsSync(`${path}-wal`)) {
      return odd(TOPIC, `${path} is in use, its head not yet written`, 'look again in a while')
    }
    const advice = 'it belongs to another program: name another with --db'
    return wrong(TOPIC, `${path} is no file of a registry`, advice)
  }
  // 1 stands for 65536. The rest may still be in the -wal file, so a short file need not be broken.
  const pageBytes = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16)
  if (bytes % pageBytes !== 0) {
    const advice = 'it was cut off: restore it from a backup'
    return wrong(TOPIC, `${path} ends in the middle of a page`, advice)
  }
  const schema = header.readUInt32BE(60)
  const size = `${count(Math.ceil(bytes / 1024))} KiB`
  return good(TOPIC, `${path}, ${size}, schema ${schema}; head read, pages not checked`)
}

function cannotRead(path: string, error: unknown): Finding {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') {
    return wrong(TOPIC, `${path} is not there`, 'rollcall serve makes it; is the path right?')
  }
  if (code === 'EISDIR') return wrong(TOPIC, `${path} is a folder`, 'name a file in it')
  const advice = 'the registry must be able to read and write it'
  return wrong(TOPIC, `${path} cannot be read: ${message}`, advice)
}
