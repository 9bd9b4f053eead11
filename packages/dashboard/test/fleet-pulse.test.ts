import { describe, expect, test } from 'vitest'
import { nodesIn, ratesOf, toSample } from '../src/registry/fleet-pulse.ts'

const text = (plain: number, transitions = 7, instance?: string): string =>
  [
    ...(instance === undefined ? [] : [`rollcall_instance_info{instance="${instance}"} 1`]),
    '# TYPE rollcall_agents gauge',
    'rollcall_agents{status="ready"} 12',
    'rollcall_agents{status="expired"} 3',
    `rollcall_transitions_total{type="registered"} ${transitions}`,
    'rollcall_transitions_total{type="expired"} 1',
    `rollcall_plain_heartbeats_total ${plain}`,
    'rollcall_batched_heartbeats_total 20',
    'rollcall_http_requests_total{operation="heartbeat",status="200"} 300',
    'rollcall_http_requests_total{operation="heartbeat",status="404"} 5000',
    'rollcall_http_requests_total{operation="listAgents",status="200"} 5000',
  ].join('\n')

describe('a sample of the metrics', () => {
  test('has agents by status, changes of every kind, and heartbeats of every kind', () => {
    expect(toSample(text(4), 1000)).toEqual({
      atMs: 1000,
      instance: '',
      agents: { ready: 12, busy: 0, draining: 0, suspect: 0, expired: 3 },
      transitions: 8,
      heartbeats: 324,
    })
  })

  test('gives a rate together with the one before', () => {
    const samples = [toSample(text(0), 0), toSample(text(100), 2000), toSample(text(101), 6000)]
    expect(ratesOf(samples, 'heartbeats')).toEqual([50, 0.25])
    expect(ratesOf(samples, 'transitions')).toEqual([0, 0])
    expect(ratesOf([], 'heartbeats')).toEqual([])
  })

  test('counts nothing across a restart, after which counters begin at zero', () => {
    expect(ratesOf([toSample(text(900), 0), toSample(text(1), 1000)], 'heartbeats')).toEqual([0])
  })

  test('has no rate across two nodes, but one with the last sample of the same node', () => {
    const samples = [
      toSample(text(100, 7, 'a'), 0),
      toSample(text(90_000, 900, 'b'), 2000),
      toSample(text(140, 9, 'a'), 4000),
      toSample(text(90_020, 902, 'b'), 6000),
    ]
    expect(ratesOf(samples, 'heartbeats')).toEqual([10, 5])
    expect(ratesOf(samples, 'transitions')).toEqual([0.5, 0.5])
    expect(ratesOf(samples.slice(0, 2), 'heartbeats')).toEqual([])
    expect([nodesIn([]), nodesIn(samples.slice(0, 1)), nodesIn(samples)]).toEqual([0, 1, 2])
    // A restart.
    expect(nodesIn(samples.slice(0, 2))).toBe(1)
  })
})
