import { describe, expect, test } from 'vitest'
import { heartbeatFigures, normalSince } from './figures.ts'
import type { HeartbeatSample } from './prober/heartbeat-sample.ts'

const UNDISTURBED = { singleP99Ms: 5, batchP99Ms: 30 }

/** Heartbeats that are due every 20 ms for two seconds, each with what is said of it. */
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
  test('are those of one kind that were due within the time', () => {
    const samples = beats((dueAt) => ({
      latencyMs: dueAt / 20,
      ...(dueAt === 0 && { status: 503 }),
      ...(dueAt === 20 && { status: 0 }),
      ...(dueAt === 40 && { status: undefined }),
      ...(dueAt === 60 && { kind: 'batch' }),
    }))
    expect(heartbeatFigures(samples, 'single', { from: 0, to: 1980 })).toEqual({
      count: 98,
      p99Ms: 98,
      maxMs: 98,
      refused: 1,
      lost: 1,
    })
  })
})

describe('all is normal again', () => {
  test('at once, when nothing was disturbed', () => {
    expect(normal(beats())).toBe(0)
  })

  test('when the last slow heartbeat is over', () => {
    expect(normal(beats((dueAt) => (dueAt < 1000 ? { latencyMs: 500 } : {})))).toBe(1000)
  })

  test('when the last one that was refused is over', () => {
    expect(normal(beats((dueAt) => (dueAt < 700 ? { status: 503 } : {})))).toBe(700)
  })

  test('with heartbeats twice as slow as before, and no slower', () => {
    const batches = (latencyMs: number) => beats(() => ({ kind: 'batch', latencyMs }))
    expect(normal(batches(59))).toBe(0)
    expect(normal(batches(61))).toBeUndefined()
  })

  test('only when memory has stopped to grow', () => {
    const memory = Array.from({ length: 20 }, (_, index) => ({
      at: index * 100,
      residentBytes: Math.min(index, 10) * 20e6,
    }))
    expect(normal(beats(), { memory })).toBe(1000)
  })

  test('not before what was due has been settled, nor when too little was due', () => {
    expect(normal(beats(), { known: 400 })).toBeUndefined()
    expect(normal(beats().filter((_, index) => index % 2 === 0))).toBeUndefined()
  })
})
