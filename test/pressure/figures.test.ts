import { describe, expect, test } from 'vitest'
import { heartbeatFigures, normalSince } from './figures.ts'
import type { HeartbeatSample } from './prober/heartbeat-sample.ts'

const UNDISTURBED = { singleP99Ms: 5, batchP99Ms: 30 }

/** Heartbeats due every 20 ms for two seconds, with given properties. */
function beats(of: (dueAt: number) => Partial<HeartbeatSample> = () => ({})): HeartbeatSample[] {
  return Array.from({ length: 100 }, (_, index) => {
    const dueAt = index * 20
    return { kind: 'single', dueAt, latencyMs: 2, status: 200, ...of(dueAt) }
  })
}

const flat = [0, 2000].map((at) => ({ at, residentBytes: 100e6 }))
const normal = (samples: readonly HeartbeatSample[], more = {}) =>
  normalSince({ samples, memory: flat, from: 0, known: 2000, undisturbed: UNDISTURBED, ...more })

describe('the figures of heartbeats', () => {
  test('include only one kind, due within the period', () => {
    const samples = beats((dueAt) => ({
      latencyMs: dueAt / 20,
      ...(dueAt === 0 && { status: 503 }),
      ...(dueAt === 20 && { status: 0 }),
      ...(dueAt === 40 && { status: undefined }),
      ...(dueAt === 60 && { kind: 'batch' }),
    }))
    expect(heartbeatFigures(samples, 'single', { from: 0, to: 1980 })).toEqual({
      count: 98,
      p50Ms: 49,
      p99Ms: 98,
      maxMs: 98,
      refused: 1,
      lost: 1,
    })
  })
})

describe('recovery', () => {
  test('is immediate without a disturbance', () => {
    expect(normal(beats())).toBe(0)
  })

  test('comes after the last slow heartbeat', () => {
    expect(normal(beats((dueAt) => (dueAt < 1000 ? { latencyMs: 500 } : {})))).toBe(1000)
  })

  test('comes after the last rejected heartbeat', () => {
    expect(normal(beats((dueAt) => (dueAt < 700 ? { status: 503 } : {})))).toBe(700)
  })

  test('allows heartbeats twice as slow as before, and no slower', () => {
    const batches = (latencyMs: number) => beats(() => ({ kind: 'batch', latencyMs }))
    expect(normal(batches(59))).toBe(0)
    expect(normal(batches(61))).toBeUndefined()
  })

  test('requires memory to stop growing', () => {
    const memory = Array.from({ length: 20 }, (_, index) => ({
      at: index * 100,
      residentBytes: Math.min(index, 10) * 20e6,
    }))
    expect(normal(beats(), { memory })).toBe(1000)
  })

  test('requires heartbeats that were due to be settled, and enough of them', () => {
    expect(normal(beats(), { known: 400 })).toBeUndefined()
    expect(normal(beats().filter((_, index) => index % 2 === 0))).toBeUndefined()
  })
})
