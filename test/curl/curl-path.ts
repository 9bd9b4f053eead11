import { spawnSync } from 'node:child_process'
import { delimiter } from 'node:path'

const STAND_IN = new URL('stand-in', import.meta.url).pathname

const isThere = spawnSync('curl', ['--version']).status === 0

/**
 * Where programs are found, `curl` in any case: on a machine that has none, a stand-in that knows the
 * options of the documentation.
 */
export const PATH_WITH_CURL = [process.env.PATH ?? '', ...(isThere ? [] : [STAND_IN])].join(
  delimiter,
)

/** What requests are sent with, for the titles of tests. */
export const CURL = isThere ? 'curl' : 'a stand-in for curl, which is missing'
