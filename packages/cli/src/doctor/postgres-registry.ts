import type { InspectedRegistry, InspectedServer } from '@rollcall/server'
import { longSpan } from '../output/age.ts'
import { count } from '../output/count.ts'
import { type Finding, good, odd } from './finding.ts'

/** Updates below which their kind tells nothing, and the share that should be HOT. */
const ENOUGH_UPDATES = 10_000
const WANTED_HOT_SHARE = 0.9
/** Dead rows that are none too many, and for each live one: vacuum comes once a minute at best. */
const FEW_DEAD_ROWS = 100_000
const DEAD_ROWS_EACH = 2
/** Revisions that the index of words may be behind while a node works on it. */
const FEW_REVISIONS = 10_000
/** Milliseconds in which another node takes the sweep over, and some. */
const UNSWEPT_MS = 2000

/** How the registry in the database fares. */
export function checkRegistryTables(
  registry: InspectedRegistry,
  { server, schema }: { server: InspectedServer; schema: string },
): Finding[] {
  return [
    checkNodes(registry),
    checkWords(registry, schema),
    checkVacuum(registry, { server, schema }),
    checkUpdates(registry, schema),
  ]
}

function checkNodes({ nodes, silentMs, sweeper, sweptMsAgo }: InspectedRegistry): Finding {
  const topic = 'nodes'
  if (nodes === 0) {
    return good(topic, `none runs; last sign of life ${longSpan(Math.floor(silentMs / 1000))} ago`)
  }
  const alive = `${nodes} alive`
  if (sweeper === null || sweptMsAgo > UNSWEPT_MS) {
    const message = `${alive}, and none sweeps: nobody is told of agents that died`
    return odd(topic, message, 'look again; if it stays so, see the logs of the nodes')
  }
  return good(topic, `${alive}, last sign of life ${silentMs} ms ago; ${sweeper} sweeps`)
}

function checkWords(registry: InspectedRegistry, schema: string): Finding {
  const { agents, hasWordsIndex, wordsBehind, nodes } = registry
  const topic = 'words'
  if (!hasWordsIndex) {
    return odd(
      topic,
      'no index: searches for words look at every agent',
      'CREATE EXTENSION IF NOT EXISTS pg_trgm; CREATE INDEX words_by_trigram ' +
        `ON ${schema}.words USING gin (words gin_trgm_ops)`,
    )
  }
  const behind = `the index is ${count(wordsBehind)} revisions behind`
  if (wordsBehind === 0) return good(topic, `${count(agents)} agents, all indexed`)
  if (nodes === 0) return good(topic, `${behind}; the next node catches up`)
  if (wordsBehind <= FEW_REVISIONS) return good(topic, behind)
  return odd(topic, behind, 'searches are slower until the node that sweeps has caught up')
}

function checkVacuum(
  registry: InspectedRegistry,
  { server, schema }: { server: InspectedServer; schema: string },
): Finding {
  const topic = 'vacuum'
  const { isVacuumed, deadRows, liveRows } = registry
  if (!server.autovacuum) {
    return odd(topic, 'autovacuum is off: tables grow', 'autovacuum = on in postgresql.conf')
  }
  if (!isVacuumed) {
    const advice = `ALTER TABLE ${schema}.agents RESET (autovacuum_enabled)`
    return odd(topic, 'autovacuum is off for agents: the table grows', advice)
  }
  const message = `${count(deadRows)} dead rows beside ${count(liveRows)} live ones`
  if (deadRows <= Math.max(FEW_DEAD_ROWS, DEAD_ROWS_EACH * liveRows)) return good(topic, message)
  return odd(topic, message, `VACUUM ${schema}.agents; look why autovacuum does not keep up`)
}

/** Heartbeats that leave no work to the indexes, because their page has room. */
function checkUpdates(registry: InspectedRegistry, schema: string): Finding {
  const topic = 'updates'
  const { fillfactor, wantedFillfactor, updates, hotUpdates } = registry
  if (fillfactor !== wantedFillfactor) {
    return odd(
      topic,
      `the fillfactor of agents is ${fillfactor}, not ${wantedFillfactor}`,
      `ALTER TABLE ${schema}.agents SET (fillfactor = ${wantedFillfactor}); ` +
        'VACUUM FULL, while no node runs, does it for the rows that are there',
    )
  }
  if (updates === 0) return good(topic, 'none yet')
  const percent = Math.floor((hotUpdates / updates) * 100)
  const message = `${percent} % of ${count(updates)} left the indexes alone (HOT)`
  if (updates <= ENOUGH_UPDATES || hotUpdates / updates >= WANTED_HOT_SHARE) {
    return good(topic, message)
  }
  const advice = 'end long work; vacuum more often; keep other indexes off this table'
  return odd(topic, message, advice)
}
