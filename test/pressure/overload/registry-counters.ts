import {
  CLASS_OF,
  LOAD_CLASSES,
  type LoadClass,
} from '../../../packages/server/src/http/overload/load-class.ts'
import type { OperationId } from '../../../packages/server/src/operations/operation.ts'
import type { Finding } from '../attack.ts'

/** What a registry has counted since its start, by class. */
export interface RegistryCounters {
  readonly served: Readonly<Record<LoadClass, number>>
  /** Because of an overload, or because its store could not take more. */
  readonly refused: Readonly<Record<LoadClass, number>>
  /** Longest delay of its event loop since the last time that it was read. */
  readonly delayMs: number
  /** Processor time. */
  readonly processorSeconds: number
}

const REQUESTS = /^rollcall_http_requests_total\{operation="(\w+)",status="(\d+)"\} (\d+)$/gm
const SHED = /^rollcall_requests_shed_total\{class="(\w+)"\} (\d+)$/gm
const REFUSALS = new Set(['429', '503'])

/** Reads the counters of a registry; the delay starts over. */
export async function readCounters(url: string): Promise<RegistryCounters> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0)
  const served = { read: 0, change: 0, heartbeat: value('rollcall_plain_heartbeats_total') }
  const refused = { read: 0, change: 0, heartbeat: 0 }
  for (const [, operation, status = '', count] of text.matchAll(REQUESTS)) {
    const loadClass = CLASS_OF[operation as OperationId]
    if (loadClass === undefined || loadClass === 'never') continue
    const counts = REFUSALS.has(status) ? refused : served
    counts[loadClass] += Number(count)
  }
  for (const [, name, count] of text.matchAll(SHED)) refused[name as LoadClass] += Number(count)
  return {
    served,
    refused,
    delayMs: 1000 * value('nodejs_eventloop_lag_max_seconds'),
    processorSeconds: value('process_cpu_seconds_total'),
  }
}

/** Returns what was served and refused between two readings. */
export function countedBetween(before: RegistryCounters, after: RegistryCounters): Finding[] {
  return (['served', 'refused'] as const).flatMap((what) =>
    LOAD_CLASSES.map((name) => ({
      what: `${what}, of class ${name}`,
      value: after[what][name] - before[what][name],
    })),
  )
}
