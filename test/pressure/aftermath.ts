import { setTimeout as sleep } from 'node:timers/promises'
import { registration } from '../e2e/support/http-client.ts'
import type { Attack, Finding } from './attack.ts'
import type { Attacker } from './attacker/attacker.ts'
import { statusOf } from './http-status.ts'
import type { Figures } from './outcome.ts'
import type { Prober } from './prober/prober.ts'
import type { RegistryUnderPressure } from './registry-under-pressure.ts'

/** What is left of a registry when everything has been measured. */
type Aftermath = Pick<Figures, 'isServing' | 'falseExpiries' | 'findings'>

/** What suits any machine, in milliseconds. */
const SERVING_WITHIN_MS = 20_000
const COUNT_LIMIT_MS = 30_000
const INSPECT_LIMIT_MS = 120_000
const POLL_MS = 50
const LINES_OF_OUTPUT = 3

/** Looks whether a registry serves again, who was declared dead, and at what the attack wants to know. */
export async function lookAtAftermath(scene: {
  attack: Attack
  attacker: Attacker
  registry: RegistryUnderPressure
  prober: Prober
  isCut: boolean
}): Promise<Aftermath> {
  const { attack, attacker, registry, prober, isCut } = scene
  const { http, url } = registry.first
  const ended = isCut || attack.isForGood ? [] : endings(registry)
  const isServing = !isCut && (attack.isForGood || (await answersAgain(url)))
  // One that does not answer is started again: what it has written says who expired.
  if (!isServing) await startAgain(registry)
  const falseExpiries = await Promise.race([
    prober.countFalseExpiries(http).catch(() => undefined),
    sleep(COUNT_LIMIT_MS, undefined, { ref: false }),
  ])
  if (!isServing) return { isServing, falseExpiries, findings: ended }
  const { findings, failure } = await attacker.carryOut('inspect', INSPECT_LIMIT_MS)
  return { isServing, falseExpiries, findings: [...ended, ...findings, ...failures(failure)] }
}

/** Returns what is to be said of an attack that went wrong itself. */
export function failures(failure: string | undefined): Finding[] {
  if (failure === undefined) return []
  return [{ what: 'the attack itself failed', value: failure, isGood: false }]
}

/** Returns the processes that ended although no one ended them, with the end of what they wrote. */
export function endings({ nodes }: RegistryUnderPressure): Finding[] {
  return nodes
    .filter(({ isRunning }) => !isRunning)
    .map(({ output }) => ({
      what: 'the process ended',
      value: output.trim().split('\n').slice(-LINES_OF_OUTPUT).join(' ').slice(0, 300),
      isGood: false,
    }))
}

/** Whether a registry is ready and takes a registration. */
async function answersAgain(url: string): Promise<boolean> {
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

async function startAgain({ nodes }: RegistryUnderPressure): Promise<void> {
  for (const node of nodes) {
    await node.end('SIGKILL')
    node.spawn()
  }
  for (const node of nodes) await node.untilReady().catch(() => undefined)
}
