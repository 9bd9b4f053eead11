import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { runProgram } from '../benchmarks/run-bench.ts'
import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'
import type { Outcome } from './outcome.ts'
import type { Results } from './results.ts'

function outcome(p99Ms: number): Outcome {
  const heartbeats = { count: 500, p99Ms, maxMs: 2 * p99Ms, refused: 0, lost: 0 }
  return {
    attack: 'feed-filters',
    title: 'streams',
    store: 'sqlite',
    sizeName: 'full',
    date: '2026-11-21T09:30:00.000Z',
    isOutage: false,
    figures: {
      undisturbed: { singleP99Ms: 2, batchP99Ms: 3 },
      single: heartbeats,
      batch: heartbeats,
      falseExpiries: 0,
      undisturbedBytes: 100 * 2 ** 20,
      peakBytes: 150 * 2 ** 20,
      attackSeconds: 5,
      secondsToNormal: 0,
      isStillDisturbed: false,
      isServing: true,
      isCut: false,
      findings: [{ what: 'streams', value: 500 }],
    },
  }
}

class Measured extends TemporaryFolder {
  readonly page = this.file('pressure.md')

  save(label: string, p99Ms: number): void {
    const results: Results = {
      processor: 'Some CPU',
      cores: 2,
      node: 'v26.0.0',
      commit: 'abc',
      outcomes: { 'feed-filters sqlite': outcome(p99Ms) },
    }
    writeFileSync(this.file(`${label}.json`), JSON.stringify(results))
  }

  run(...args: string[]) {
    const places = ['--page', this.page, '--results', this.path]
    return runProgram('test/pressure/page.ts', [...places, ...args])
  }
}

test('the page has a line before and after for each attack and store', async () => {
  using measured = new Measured()
  measured.save('before', 33_700)
  measured.save('after', 40)
  expect(await measured.run()).toMatchObject({ status: 0, stderr: '' })
  const page = readFileSync(measured.page, 'utf8')
  expect(page).toContain('- before: commit abc, 2 × Some CPU, Node v26.0.0, size full')
  expect(page).toMatch(/^\| sqlite, before \| 33 700 ms \| 67 400 ms \|.*\| MISSED: p99 \|$/m)
  expect(page).toMatch(/^\| sqlite, after \| 40 ms \|.*\| 150 MB \(\+50\) \|.*\| withstood \|$/m)
  expect(page).toContain('sqlite, after: streams: 500.')
})

test('the page is checked against the results', async () => {
  using measured = new Measured()
  measured.save('after', 40)
  expect((await measured.run('--check')).status).toBe(1)
  await measured.run()
  expect((await measured.run('--check')).status).toBe(0)
  measured.save('after', 41)
  const { status, stderr } = await measured.run('--check')
  expect({ status, stderr }).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('npm run test:pressure:page'),
  })
})

test('without results nothing is checked', async () => {
  using measured = new Measured()
  expect(await measured.run('--check')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('no results'),
  })
})
