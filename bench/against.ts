// npm run bench:against -- --help

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseCommandLine, UsageError } from '../scripts/command-line.ts'
import { type Comparison, compareInBursts } from './against/bursts.ts'
import {
  filePair,
  HEARTBEATS,
  type Pair,
  postgresPair,
  REGISTRATIONS,
  searchedPair,
} from './against/subjects.ts'
import { currentCommit, thisMachine } from './results.ts'
import { QUERIES } from './rows/queries.ts'

const HELP = `npm run bench:against -- CHECKOUT [row …] [options]

Compares this checkout with another one, in which "npm ci && npm run build" was run. A registry of each is running, and
short bursts of requests are sent to them by turns: what slows the machine down meanwhile slows down both.
Prints the median of the ratios of neighbouring bursts; above 1, this checkout is faster.

  --bursts N    bursts of 0.4 seconds to each; default 40
  --agents N    agents that queries search; default 100000
  -h, --help    show this help

Example:
  npm run bench:against -- ../rollcall-0.1 heartbeat queries

Rows (default: all):
  heartbeat        heartbeats, SQLite
  registration     registrations of known agents with other metadata, SQLite
  pg-heartbeat     the same, PostgreSQL
  pg-registration
  queries          queries that find 10 agents, SQLite`

const CHANGE_CONNECTIONS = 64
const QUERY_CONNECTIONS = 4

interface Options {
  readonly command: string
  readonly bursts: number
  readonly agents: number
}

/** Resolves with what was compared, by name. */
type Row = (options: Options) => Promise<Record<string, Comparison>>

const ROWS: Readonly<Record<string, Row>> = {
  heartbeat: changes(HEARTBEATS, filePair),
  registration: changes(REGISTRATIONS, filePair),
  'pg-heartbeat': changes(HEARTBEATS, postgresPair),
  'pg-registration': changes(REGISTRATIONS, postgresPair),
  queries: async ({ command, agents, bursts }) => {
    await using pair = await searchedPair(command, agents)
    const results: Record<string, Comparison> = {}
    for (const [name, { path }] of Object.entries(QUERIES)) {
      const requests = [Buffer.from(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`)]
      const load = { requests, connections: QUERY_CONNECTIONS, bursts }
      results[name] = await compareInBursts({ ...pair, ...load })
    }
    return results
  },
}

function changes(requests: readonly Buffer[], start: (command: string) => Promise<Pair>): Row {
  return async ({ command, bursts }) => {
    await using pair = await start(command)
    const load = { requests, connections: CHANGE_CONNECTIONS, bursts }
    return { '': await compareInBursts({ ...pair, ...load }) }
  }
}

const { rows, ...options } = argumentsOrExit()
const { processor, cores } = thisMachine()
console.log(`${cores} × ${processor}, Node ${process.version}, commit ${currentCommit()}`)
for (const row of rows) {
  for (const [name, comparison] of Object.entries(await (ROWS[row] as Row)(options))) {
    const { ratio, rates, processorTimes } = comparison
    const [rateBefore, rateNow] = rates.map(Math.round)
    const [before, now] = processorTimes.map((each) => each.toFixed(1))
    console.log(
      `${`${row} ${name}`.padEnd(20)} ${ratio.toFixed(3)}  (${rateBefore} → ${rateNow} requests/s, ` +
        `${before} → ${now} µs of processor time each)`,
    )
  }
}

function argumentsOrExit(): Options & { rows: readonly string[] } {
  try {
    return readArguments()
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`bench:against: ${error.message}\nTry: npm run bench:against -- --help`)
    process.exit(2)
  }
}

function readArguments(): Options & { rows: readonly string[] } {
  const { values, positionals } = parseCommandLine({
    allowPositionals: true,
    options: {
      bursts: { type: 'string', default: '40' },
      agents: { type: 'string', default: '100000' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    console.log(HELP)
    process.exit(0)
  }
  const [checkout, ...names] = positionals
  if (checkout === undefined) throw new UsageError('a CHECKOUT is missing')
  const command = resolve(checkout, 'packages/cli/bin/rollcall.js')
  if (!existsSync(join(resolve(checkout), 'packages/cli/dist'))) {
    throw new UsageError(`${checkout} is no checkout that was built`)
  }
  const unknown = names.filter((name) => ROWS[name] === undefined)
  if (unknown.length > 0) throw new UsageError(`there is no row ${unknown.join(', ')}`)
  const [bursts, agents] = [Number(values.bursts), Number(values.agents)]
  for (const [name, value] of Object.entries({ bursts, agents })) {
    if (!(Number.isInteger(value) && value >= 10)) {
      throw new UsageError(`--${name} is not a whole number of at least 10`)
    }
  }
  return { command, bursts, agents, rows: names.length === 0 ? Object.keys(ROWS) : names }
}
