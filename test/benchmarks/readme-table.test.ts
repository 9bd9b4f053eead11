import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ROWS } from '../../bench/all-rows.ts'
import { README_LINES } from '../../bench/readme-lines.ts'
import type { Results, SavedRow } from '../../bench/results.ts'
import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'
import { runBench } from './run-bench.ts'

const README =
  '# X\n\n<!-- measured: from results -->\n\nold\n\n<!-- end of measured -->\n\nThe end.\n'
const SIZE = { rounds: 3, seconds: 5, agents: 1, million: 1, readers: 1, idleReaders: 1 }

/** A row in which heartbeats reached a share of what a bare server did. */
function heartbeats(rate: number, bare: number): SavedRow {
  const medians = { 'rollcall (sqlite)': rate, 'bare node:http, same bytes': bare }
  return {
    title: 'Heartbeats',
    date: '2026-11-21T09:30:00.000Z',
    commit: 'abc',
    node: 'v26.0.0',
    generator: 'wrk',
    sizeName: 'full',
    size: SIZE,
    unit: 'requests/s',
    samples: {},
    medians,
    verdicts: [
      { what: 'share of bare', value: rate / bare, unit: '×', target: 0.8, good: 'at least' },
    ],
  }
}

/** A README and results for it. */
class Measured extends TemporaryFolder {
  readonly readme = this.file('README.md')

  constructor(...all: readonly Results[]) {
    super()
    writeFileSync(this.readme, README)
    mkdirSync(this.file('results'))
    all.forEach((results, index) => {
      writeFileSync(this.file(`results/${index}.json`), JSON.stringify(results))
    })
  }

  run(...args: string[]) {
    const places = ['--readme', this.readme, '--results', this.file('results')]
    return runBench('readme-table.ts', [...places, ...args])
  }

  get text(): string {
    return readFileSync(this.readme, 'utf8')
  }
}

const machine = (processor: string, rows: Results['rows']): Results => ({
  processor,
  cores: 2,
  rows,
})

describe('the figures of the README', () => {
  test('come from the results, with their processor, and a missed target in bold', async () => {
    using measured = new Measured(machine('Some CPU', { heartbeat: heartbeats(50_000, 100_000) }))
    expect((await measured.run()).status).toBe(0)
    expect(measured.text).toContain('2 × Some CPU, Node v26.0.0')
    expect(measured.text).toContain(
      '| heartbeats over HTTP, 64 connections | 50 000/s | bare `node:http` with the same bytes: ' +
        '100 000/s | **0.5 ×, at least 0.8 ×** |',
    )
    expect(measured.text).not.toContain('old')
    expect(measured.text.endsWith('The end.\n')).toBe(true)
  })

  test('are checked', async () => {
    using measured = new Measured(machine('Some CPU', { heartbeat: heartbeats(90_000, 100_000) }))
    const before = await measured.run('--check')
    expect(before.status).toBe(1)
    expect(before.stderr).toContain('npm run bench:readme')
    await measured.run()
    expect((await measured.run('--check')).status).toBe(0)
    writeFileSync(measured.readme, measured.text.replace('90 000', '95 000'))
    expect((await measured.run('--check')).status).toBe(1)
  })

  test('say what differs from processor to processor', async () => {
    using measured = new Measured(
      machine('One CPU', { heartbeat: heartbeats(91, 100) }),
      machine('Other CPU', { heartbeat: heartbeats(70, 100) }),
    )
    await measured.run()
    expect(measured.text).toContain('0.91 × on One CPU, 0.7 × on Other CPU.')
  })

  test('are not those of a small run', async () => {
    const small = { ...heartbeats(1, 1), sizeName: 'small' }
    using measured = new Measured(machine('Some CPU', { heartbeat: small }))
    expect(await measured.run()).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('no results'),
    })
    expect(measured.text).toBe(README)
  })

  test('are complete, or it says which are not', async () => {
    const row = { ...heartbeats(1, 1), medians: { 'rollcall (sqlite)': 1 } }
    using measured = new Measured(machine('Some CPU', { heartbeat: row }))
    const { status, stderr } = await measured.run()
    expect(status).toBe(1)
    expect(stderr).toContain(
      'the results of heartbeat lack the data for "heartbeats over HTTP, 64 connections"',
    )
  })

  test('are of rows that there are', () => {
    const names = ROWS.map(({ name }) => name)
    expect(README_LINES.map(({ row }) => row).filter((row) => !names.includes(row))).toEqual([])
  })
})
