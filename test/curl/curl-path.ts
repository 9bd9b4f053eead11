import { spawnSync } from 'node:child_process'
import { delimiter } from 'node:path'

const STAND_IN = new URL('stand-in', import.meta.url).pathname

const hasCurl = spawnSync('curl', ['--version']).status === 0

/**
 * A `PATH` with `curl` in any case: on a machine without it, a stand-in that supports the options
 * of the documentation.
 */
export const PATH_WITH_CURL = [process.env.PATH ?? '', ...(hasCurl ? [] : [STAND_IN])].join(
  delimiter,
)

/** The client that sends the requests, for test titles. */
export const CURL = hasCurl ? 'curl' : 'a stand-in for curl, which is missing'
