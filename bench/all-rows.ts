import type { Row } from './report.ts'
import { ardSearch } from './rows/ard-search.ts'
import { heartbeatBatches } from './rows/batches.ts'
import { cards } from './rows/cards.ts'
import { fanOut } from './rows/fan-out.ts'
import { guardedHeartbeat, postgresGuardedHeartbeat } from './rows/guarded-heartbeat.ts'
import { heartbeat } from './rows/heartbeat.ts'
import { heartbeatIndex } from './rows/heartbeat-index.ts'
import { idleStreams } from './rows/idle-streams.ts'
import { instanceHeartbeat, postgresInstanceHeartbeat } from './rows/instance-heartbeat.ts'
import { listOfTenThousand } from './rows/list.ts'
import { loadReports } from './rows/load-reports.ts'
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

/** Every benchmark, in the order in which they run. */
export const ROWS: readonly Row[] = [
  heartbeat,
  instanceHeartbeat,
  guardedHeartbeat,
  heartbeatBatches,
  durableRegistration,
  listOfTenThousand,
  mixedLoad,
  aMillionAgents,
  queries,
  cards,
  ardSearch,
  indexedRegistration,
  fanOut,
  loadReports,
  idleStreams,
  startup,
  heartbeatIndex,
  postgresHeartbeat,
  postgresInstanceHeartbeat,
  postgresGuardedHeartbeat,
  postgresBatches,
  postgresRegistration,
  postgresSweep,
  postgresReads,
  postgresFeed,
]
