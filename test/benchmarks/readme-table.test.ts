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

/** A row with heartbeats as a share of the baseline of a bare server. */
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
class ReadmeFixture extends TemporaryFolder {
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
    using fixture = new ReadmeFixture(
      machine('Some CPU', { heartbeat: heartbeats(50_000, 100_000) }),
    )
    expect((await fixture.run()).status).toBe(0)
    expect(fixture.text).toContain('2 × Some CPU, Node v26.0.0')
    expect(fixture.text).toContain(
      '| heartbeats over HTTP, 64 connections | 50 000/s | bare `node:http` with the same bytes: ' +
        '100 000/s | **0.5 ×, at least 0.8 ×** |',
    )
    expect(fixture.text).not.toContain('old')
    expect(fixture.text.endsWith('The end.\n')).toBe(true)
  })

  test('are checked against the results', async () => {
    using fixture = new ReadmeFixture(
      machine('Some CPU', { heartbeat: heartbeats(90_000, 100_000) }),
    )
    const before = await fixture.run('--check')
    expect(before.status).toBe(1)
    expect(before.stderr).toContain('npm run bench:readme')
    await fixture.run()
    expect((await fixture.run('--check')).status).toBe(0)
    writeFileSync(fixture.readme, fixture.text.replace('90 000', '95 000'))
    expect((await fixture.run('--check')).status).toBe(1)
  })

  test('list values that differ between processors', async () => {
    using fixture = new ReadmeFixture(
      machine('One CPU', { heartbeat: heartbeats(91, 100) }),
      machine('Other CPU', { heartbeat: heartbeats(70, 100) }),
    )
    await fixture.run()
    expect(fixture.text).toContain('0.91 × on One CPU, 0.7 × on Other CPU.')
  })

  test('are not taken from a small run', async () => {
    const small = { ...heartbeats(1, 1), sizeName: 'small' }
    using fixture = new ReadmeFixture(machine('Some CPU', { heartbeat: small }))
    expect(await fixture.run()).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('no results'),
    })
    expect(fixture.text).toBe(README)
  })

  test('are complete, or the missing ones are reported', async () => {
    const row = { ...heartbeats(1, 1), medians: { 'rollcall (sqlite)': 1 } }
    using fixture = new ReadmeFixture(machine('Some CPU', { heartbeat: row }))
    const { status, stderr } = await fixture.run()
    expect(status).toBe(1)
    expect(stderr).toContain(
      'the results of heartbeat lack the data for "heartbeats over HTTP, 64 connections"',
    )
  })

  test('only come from existing rows', () => {
    const names = ROWS.map(({ name }) => name)
    expect(README_LINES.map(({ row }) => row).filter((row) => !names.includes(row))).toEqual([])
  })
})
