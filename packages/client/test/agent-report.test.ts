// What an agent says of itself reaches the registry whatever happens to the calls that carry it, and in
// the end the registry holds what was said last.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { AgentReport, type Delivery } from '../src/agent/agent-report.ts'
import type { HeartbeatReport } from '../src/transport/heartbeat-report.ts'

type Step =
  | { readonly kind: 'say'; readonly report: HeartbeatReport }
  | { readonly kind: 'send'; readonly what: 'unsent' | 'all' }
  /** One of those under way comes to the registry, and its answer comes back or not. */
  | { readonly kind: 'arrive'; readonly which: number; readonly isAnswered: boolean }
  /** One of those under way never arrives. */
  | { readonly kind: 'lose'; readonly which: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('say' as const),
    report: fc.record(
      {
        status: fc.constantFrom('ready' as const, 'busy' as const, 'draining' as const),
        load: fc.constantFrom(0, 0.5, 1),
      },
      { requiredKeys: [] },
    ),
  }),
  fc.record({
    kind: fc.constant('send' as const),
    what: fc.constantFrom('unsent' as const, 'all' as const),
  }),
  fc.record({ kind: fc.constant('arrive' as const), which: fc.nat(), isAnswered: fc.boolean() }),
  fc.record({ kind: fc.constant('lose' as const), which: fc.nat() }),
)

test('the registry ends with what was said last, however calls overtake each other', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const report = new AgentReport({ status: 'ready', load: 0 })
      let registry: HeartbeatReport = { status: 'ready', load: 0 }
      const underWay: Delivery[] = []
      const take = (which: number) => underWay.splice(which % underWay.length, 1)[0]
      const arrive = (delivery: Delivery | undefined, isAnswered: boolean): void => {
        if (!delivery) return
        registry = { ...registry, ...delivery.report }
        delivery.end(isAnswered)
      }
      for (const step of steps) {
        if (step.kind === 'say') report.say(step.report)
        else if (step.kind === 'send') underWay.push(report.send(step.what))
        else if (underWay.length === 0) continue
        else if (step.kind === 'arrive') arrive(take(step.which), step.isAnswered)
        else take(step.which)?.end(false)
      }
      while (underWay.length > 0) arrive(underWay.pop(), true)
      // As the next heartbeat would.
      if (report.isUnsent) arrive(report.send(), true)
      expect(report.isUnsent).toBe(false)
      expect(registry).toEqual(report.last)
    }),
    { numRuns: 3000 },
  )
})

test('resolves when it has arrived, also with a later call or inside a later report', async () => {
  const report = new AgentReport({})
  const first = report.delivered(report.say({ status: 'busy' }))
  report.send().end(false)
  const second = report.delivered(report.say({ status: 'draining' }))
  report.send('all').end(true)
  await Promise.all([first, second])
})

test('an answer says nothing while another call is under way', () => {
  const report = new AgentReport({})
  report.say({ status: 'busy' })
  const slow = report.send()
  report.say({ status: 'ready' })
  const fast = report.send()
  fast.end(true)
  expect(report.isUnsent).toBe(true)
  slow.end(true)
  expect(report.isUnsent).toBe(true)
  report.send().end(true)
  expect(report.isUnsent).toBe(false)
})

test('what has arrived is not said again: somebody else may have said otherwise since', () => {
  const report = new AgentReport({ status: 'ready' })
  report.say({ status: 'busy' })
  report.send().end(true)
  report.say({ load: 0.5 })
  expect(report.send().report).toEqual({ load: 0.5 })
})

test('what is refused is taken back, and what had arrived before stays', async () => {
  const report = new AgentReport({ status: 'ready' })
  report.say({ status: 'busy' })
  report.send().end(true)
  const delivered = report.delivered(report.say({ load: 7 }))
  report.retract(new Error('refused'))
  await expect(delivered).rejects.toThrow('refused')
  expect(report.isUnsent).toBe(false)
  expect(report.send('all').report).toEqual({ status: 'busy' })
})

test('what is given up is told to everybody who waits', async () => {
  const report = new AgentReport({})
  const delivered = report.delivered(report.say({ status: 'busy' }))
  report.giveUp(new Error('left'))
  await expect(delivered).rejects.toThrow('left')
})
