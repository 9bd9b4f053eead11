// npm run bench -- [row …] [--size small|full] [--rounds N]
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { GENERATOR } from './load.ts'
import { print, type Row, type Size } from './report.ts'
import { heartbeatBatches } from './rows/batches.ts'
import { fanOut } from './rows/fan-out.ts'
import { heartbeat } from './rows/heartbeat.ts'
import { idleStreams } from './rows/idle-streams.ts'
import { indexPrice } from './rows/index-price.ts'
import { listOfTenThousand } from './rows/list.ts'
import { aMillionAgents } from './rows/million.ts'
import { mixedLoad } from './rows/mixed.ts'
import {
  postgresBatches,
  postgresHeartbeat,
  postgresRegistration,
  postgresSweep,
} from './rows/postgres.ts'
import { postgresFeed, postgresReads } from './rows/postgres-reads.ts'
import { queries } from './rows/queries.ts'
import { durableRegistration, indexedRegistration } from './rows/registration.ts'
import { startup } from './rows/startup.ts'

const ROWS: readonly Row[] = [
  heartbeat,
  heartbeatBatches,
  durableRegistration,
  listOfTenThousand,
  mixedLoad,
  aMillionAgents,
  queries,
  indexedRegistration,
  fanOut,
  idleStreams,
  startup,
  indexPrice,
  postgresHeartbeat,
  postgresBatches,
  postgresRegistration,
  postgresSweep,
  postgresReads,
  postgresFeed,
]

const SIZES: Readonly<Record<string, Size>> = {
  small: { rounds: 1, seconds: 1, agents: 1000, million: 20_000, readers: 50, idleReaders: 200 },
  full: {
    rounds: 3,
    seconds: 5,
    agents: 10_000,
    million: 1_000_000,
    readers: 1000,
    idleReaders: 10_000,
  },
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: 'full' },
    rounds: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})
const size = SIZES[values.size]
const unknown = positionals.filter((name) => !ROWS.some((row) => row.name === name))
if (values.help || size === undefined || unknown.length > 0) {
  console.log('npm run bench -- [row …] [--size small|full] [--rounds N]\n\nrows:')
  for (const { name, title } of ROWS) console.log(`  ${name.padEnd(16)} ${title}`)
  process.exit(values.help ? 0 : 2)
}

const rounds = values.rounds === undefined ? size.rounds : Number(values.rounds)
console.log(
  `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}, load by ${GENERATOR}, ` +
    `${rounds} round(s), medians with the raw values beside them`,
)
const rows = ROWS.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
for (const row of rows) print(row, await row.run({ ...size, rounds }))
