import { setTimeout as sleep } from 'node:timers/promises'
import { registration } from '../e2e/support/http-client.ts'
import type { Attack, Finding } from './attack.ts'
import type { Attacker } from './attacker/attacker.ts'
import { statusOf } from './http-status.ts'
import type { Figures } from './outcome.ts'
import type { Prober } from './prober/prober.ts'
import type { RegistryUnderPressure } from './registry-under-pressure.ts'

/** State of a registry after all measurements. */
type Aftermath = Pick<Figures, 'isServing' | 'falseExpiries' | 'findings'>

/** Generous limits for any machine, in milliseconds. */
const SERVING_WITHIN_MS = 20_000
const COUNT_LIMIT_MS = 30_000
const INSPECT_LIMIT_MS = 120_000
const POLL_MS = 50
const LINES_OF_OUTPUT = 3

/**
 * Checks whether a registry serves again, counts false expiries, and collects the findings of the
 * attack.
 */
export async function checkAftermath(options: {
  attack: Attack
  attacker: Attacker
  registry: RegistryUnderPressure
  prober: Prober
  isCut: boolean
}): Promise<Aftermath> {
  const { attack, attacker, registry, prober, isCut } = options
  const { http, url } = registry.first
  const ended = isCut || attack.isForGood ? [] : unexpectedExits(registry)
  const isServing = !isCut && (attack.isForGood || (await servesAgain(url)))
  // A registry that does not respond is restarted: its data shows which agents expired.
  if (!isServing) await restartNodes(registry)
  const falseExpiries = await Promise.race([
    prober.countFalseExpiries(http).catch(() => undefined),
    sleep(COUNT_LIMIT_MS, undefined, { ref: false }),
  ])
  if (!isServing) return { isServing, falseExpiries, findings: ended }
  const { findings, failure } = await attacker.carryOut('inspect', INSPECT_LIMIT_MS)
  return { isServing, falseExpiries, findings: [...ended, ...findings, ...failures(failure)] }
}

/** Returns a finding for an attack that failed itself. */
export function failures(failure: string | undefined): Finding[] {
  if (failure === undefined) return []
  return [{ what: 'the attack itself failed', value: failure, isGood: false }]
}

/** Returns a finding for each process that exited unexpectedly, with the end of its output. */
export function unexpectedExits({ nodes }: RegistryUnderPressure): Finding[] {
  return nodes
    .filter(({ isRunning }) => !isRunning)
    .map(({ output }) => ({
      what: 'the process exited',
      value: output.trim().split('\n').slice(-LINES_OF_OUTPUT).join(' ').slice(0, 300),
      isGood: false,
    }))
}

/** Whether a registry is ready and accepts a registration. */
async function servesAgain(url: string): Promise<boolean> {
  const limit = performance.now() + SERVING_WITHIN_MS
  const body = registration('afterwards', { ttl_seconds: 3600 })
  while (performance.now() < limit) {
    const ready = await statusOf(`${url}/health/ready`)
    const taken = await statusOf(`${url}/agents/register`, { method: 'POST', body })
    if (ready.status === 200 && taken.status === 200) return true
    await sleep(POLL_MS)
  }
  return false
}

async function restartNodes({ nodes }: RegistryUnderPressure): Promise<void> {
  for (const node of nodes) {
    await node.stop('SIGKILL')
    node.spawn()
  }
  for (const node of nodes) await node.untilReady().catch(() => undefined)
}
