// Reports reach the registry even if calls fail or are reordered, and the registry ends up with the
// last one.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { AgentReport, type Delivery } from '../src/agent/agent-report.ts'
import type { HeartbeatReport } from '../src/transport/heartbeat-report.ts'

type Step =
  | { readonly kind: 'record'; readonly report: HeartbeatReport }
  | { readonly kind: 'send'; readonly what: 'unsent' | 'all' }
  /** A report in flight reaches the registry, and its response arrives or not. */
  | { readonly kind: 'arrive'; readonly which: number; readonly isAcknowledged: boolean }
  /** A report in flight is lost. */
  | { readonly kind: 'lose'; readonly which: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('record' as const),
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
  fc.record({
    kind: fc.constant('arrive' as const),
    which: fc.nat(),
    isAcknowledged: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('lose' as const), which: fc.nat() }),
)

test('the registry ends up with the last report, even if calls are reordered', () => {
  void fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const report = new AgentReport({ status: 'ready', load: 0 })
      let registry: HeartbeatReport = { status: 'ready', load: 0 }
      const inFlight: Delivery[] = []
      const take = (which: number) => inFlight.splice(which % inFlight.length, 1)[0]
      const arrive = (delivery: Delivery | undefined, isAcknowledged: boolean): void => {
        if (!delivery) return
        registry = { ...registry, ...delivery.report }
        delivery.end(isAcknowledged)
      }
      for (const step of steps) {
        if (step.kind === 'record') report.record(step.report)
        else if (step.kind === 'send') inFlight.push(report.send(step.what))
        else if (inFlight.length === 0) continue
        else if (step.kind === 'arrive') arrive(take(step.which), step.isAcknowledged)
        else take(step.which)?.end(false)
      }
      while (inFlight.length > 0) arrive(inFlight.pop(), true)
      // The next heartbeat does this.
      if (report.hasUnsent) arrive(report.send(), true)
      expect(report.hasUnsent).toBe(false)
      expect(registry).toEqual(report.last)
    }),
    { numRuns: 3000 },
  )
})

test('resolves when a report has arrived, also with a later call or as part of a later report', async () => {
  const report = new AgentReport({})
  const first = report.delivered(report.record({ status: 'busy' }))
  report.send().end(false)
  const second = report.delivered(report.record({ status: 'draining' }))
  report.send('all').end(true)
  await Promise.all([first, second])
})

test('a response proves nothing while another call is in flight', () => {
  const report = new AgentReport({})
  report.record({ status: 'busy' })
  const slow = report.send()
  report.record({ status: 'ready' })
  const fast = report.send()
  fast.end(true)
  expect(report.hasUnsent).toBe(true)
  slow.end(true)
  expect(report.hasUnsent).toBe(true)
  report.send().end(true)
  expect(report.hasUnsent).toBe(false)
})

test('an arrived report is not repeated: another client may have changed it since', () => {
  const report = new AgentReport({ status: 'ready' })
  report.record({ status: 'busy' })
  report.send().end(true)
  report.record({ load: 0.5 })
  expect(report.send().report).toEqual({ load: 0.5 })
})

test('a rejected report is rolled back to what had arrived before', async () => {
  const report = new AgentReport({ status: 'ready' })
  report.record({ status: 'busy' })
  report.send().end(true)
  const delivered = report.delivered(report.record({ load: 7 }))
  report.rollBack(new Error('rejected'))
  await expect(delivered).rejects.toThrow('rejected')
  expect(report.hasUnsent).toBe(false)
  expect(report.send('all').report).toEqual({ status: 'busy' })
})

test('abandoning reports rejects all waiters', async () => {
  const report = new AgentReport({})
  const delivered = report.delivered(report.record({ status: 'busy' }))
  report.abandon(new Error('left'))
  await expect(delivered).rejects.toThrow('left')
})
