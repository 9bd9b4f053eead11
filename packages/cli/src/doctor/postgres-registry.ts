import type { InspectedRegistry, InspectedServer } from '@rollcall/server'
import { count } from '../output/count.ts'
import { formatDuration } from '../output/time-format.ts'
import { type Finding, ok, warn } from './finding.ts'

/** Minimum number of updates for a meaningful share of HOT updates, and its target. */
const MIN_UPDATES = 10_000
const TARGET_HOT_SHARE = 0.9
/** Acceptable dead rows in total and per live row: vacuum runs once a minute at most. */
const MAX_DEAD_ROWS = 100_000
const MAX_DEAD_ROWS_PER_LIVE_ROW = 2
/** Revisions that the search index may lag behind while a node updates it. */
const MAX_INDEX_LAG = 10_000
/** Milliseconds until another node must have taken over the sweep, with a margin. */
const MAX_SWEEP_AGE_MS = 2000

/** Checks the tables of the registry and its nodes. */
export function checkRegistryTables(
  registry: InspectedRegistry,
  { server, schema }: { server: InspectedServer; schema: string },
): Finding[] {
  return [
    checkNodes(registry),
    checkSearchIndex(registry, schema),
    checkVacuum(registry, { server, schema }),
    checkUpdates(registry, schema),
  ]
}

function checkNodes({ nodes, silentMs, sweeper, sweptMsAgo }: InspectedRegistry): Finding {
  const topic = 'nodes'
  if (nodes === 0) {
    return ok(
      topic,
      `none running; last heartbeat ${formatDuration(Math.floor(silentMs / 1000))} ago`,
    )
  }
  const alive = `${nodes} alive`
  if (sweeper === null || sweptMsAgo > MAX_SWEEP_AGE_MS) {
    const message = `${alive}, but none sweeps: expired agents are not reported`
    return warn(topic, message, 'run doctor again; if this persists, check the logs of the nodes')
  }
  return ok(topic, `${alive}, last heartbeat ${silentMs} ms ago; ${sweeper} sweeps`)
}

function checkSearchIndex(registry: InspectedRegistry, schema: string): Finding {
  const { agents, hasSearchIndex, searchIndexLag, nodes } = registry
  const topic = 'search index'
  if (!hasSearchIndex) {
    return warn(
      topic,
      'missing: word searches scan all agents',
      'CREATE EXTENSION IF NOT EXISTS pg_trgm; CREATE INDEX words_by_trigram ' +
        `ON ${schema}.words USING gin (words gin_trgm_ops)`,
    )
  }
  const behind = `${count(searchIndexLag)} revisions behind`
  if (searchIndexLag === 0) return ok(topic, `${count(agents)} agents, all indexed`)
  if (nodes === 0) return ok(topic, `${behind}; the next node that starts catches up`)
  if (searchIndexLag <= MAX_INDEX_LAG) return ok(topic, behind)
  return warn(topic, behind, 'searches are slower until the sweeping node has caught up')
}

function checkVacuum(
  registry: InspectedRegistry,
  { server, schema }: { server: InspectedServer; schema: string },
): Finding {
  const topic = 'vacuum'
  const { isVacuumed, deadRows, liveRows } = registry
  if (!server.autovacuum) {
    return warn(topic, 'autovacuum is off: tables grow', 'set autovacuum = on in postgresql.conf')
  }
  if (!isVacuumed) {
    const advice = `ALTER TABLE ${schema}.agents RESET (autovacuum_enabled)`
    return warn(topic, 'autovacuum is off for agents: the table grows', advice)
  }
  const message = `${count(deadRows)} dead rows, ${count(liveRows)} live rows`
  if (deadRows <= Math.max(MAX_DEAD_ROWS, MAX_DEAD_ROWS_PER_LIVE_ROW * liveRows))
    return ok(topic, message)
  return warn(topic, message, `VACUUM ${schema}.agents; find out why autovacuum falls behind`)
}

/**
 * Checks that most updates are HOT: they need no index maintenance, because their page has free
 * space.
 */
function checkUpdates(registry: InspectedRegistry, schema: string): Finding {
  const topic = 'updates'
  const { fillfactor, targetFillfactor, updates, hotUpdates } = registry
  if (fillfactor !== targetFillfactor) {
    return warn(
      topic,
      `the fillfactor of agents is ${fillfactor}, not ${targetFillfactor}`,
      `ALTER TABLE ${schema}.agents SET (fillfactor = ${targetFillfactor}); ` +
        'run VACUUM FULL while no node is running to apply it to existing rows',
    )
  }
  if (updates === 0) return ok(topic, 'none yet')
  const percent = Math.floor((hotUpdates / updates) * 100)
  const message = `${percent} % of ${count(updates)} are HOT (without index maintenance)`
  if (updates <= MIN_UPDATES || hotUpdates / updates >= TARGET_HOT_SHARE) {
    return ok(topic, message)
  }
  const advice =
    'end long transactions, vacuum more often, and drop additional indexes on this table'
  return warn(topic, message, advice)
}
