// Runs one attack in a separate process: its steps `prepare`, `attack` and `inspect`, each when the
// runner requests it.
import { setPriority } from 'node:os'
import { inspect } from 'node:util'
import { findAttack } from '../all-attacks.ts'
import type { AttackContext, Finding } from '../attack.ts'
import { sizeOf } from '../sizes.ts'
import type { AttackerOptions, AttackStep, FromAttacker, ToAttacker } from './attacker-messages.ts'

// A real attacker has their own machine; here it must not take CPU from the registry.
setPriority(5)

const { attack: name, sizeName, ...options }: AttackerOptions = JSON.parse(process.argv[2] ?? '')
const attack = findAttack(name)
const end = new AbortController()
const requests = new Map<number, (milliseconds: number) => void>()
let requestCount = 0

const context: AttackContext = {
  ...options,
  url: options.urls[0] ?? '',
  size: sizeOf(sizeName),
  stop: (signal) => request(signal),
  start: async () => {
    await request('start')
  },
}

process.on('message', async (message: ToAttacker) => {
  if ('abort' in message) return end.abort()
  if ('request' in message) return requests.get(message.request)?.(message.milliseconds)
  const { step } = message
  try {
    send({ done: step, findings: (await carryOut(step)) ?? [] })
  } catch (error) {
    send({ failed: step, error: inspect(error) })
  }
})
// Exits with the runner.
process.once('disconnect', () => process.exit())

function carryOut(step: AttackStep): Promise<Finding[] | undefined> | undefined {
  if (step === 'attack') return attack.attack(context, end.signal)
  if (step === 'inspect') return attack.inspect?.(context)
  return attack.prepare?.(context).then(() => [])
}

function request(action: 'SIGTERM' | 'SIGKILL' | 'start'): Promise<number> {
  const request = requestCount++
  return new Promise((resolve) => {
    requests.set(request, resolve)
    send({ request, action })
  })
}

function send(message: FromAttacker): void {
  process.send?.(message)
}
