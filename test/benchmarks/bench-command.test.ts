import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Results } from '../../bench/results.ts'
import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'
import { runBench } from './run-bench.ts'

describe.concurrent('npm run bench', () => {
  test.each([
    ['an unknown option', ['--nope'], "Unknown option '--nope'"],
    ['an unknown row', ['heartbeat', 'nope'], 'there is no row nope'],
    ['an unknown size', ['--size', 'huge'], '--size is huge; use small or full'],
    ['rounds that are not a number', ['--rounds', 'many'], '--rounds is many'],
    ['zero rounds', ['--rounds', '0'], '--rounds is 0'],
    [
      'saving figures of a small run',
      ['--size', 'small', '--save'],
      '--save is for figures of the full size',
    ],
  ])('reports %s in two lines', async (_what, args, message) => {
    const { status, stdout, stderr } = await runBench('run.ts', args)
    expect(status).toBe(2)
    expect(stdout).toBe('')
    expect(stderr.split('\n')).toEqual([
      expect.stringContaining(`bench: ${message}`),
      'Try: npm run bench -- --help',
      '',
    ])
  })

  test('lists its options and its rows', async () => {
    const { status, stdout } = await runBench('run.ts', ['--help'])
    expect(status).toBe(0)
    for (const word of ['--size', '--rounds', '--save', '--results', 'heartbeat', 'pg-sweep']) {
      expect(stdout).toContain(word)
    }
  })

  test('saves raw values, medians and their origin', async () => {
    using folder = new TemporaryFolder()
    const args = ['startup', '--size', 'small', '--results', folder.path]
    const { status, stderr } = await runBench('run.ts', args)
    expect(status, stderr).toBe(0)
    const [file = '', ...others] = readdirSync(folder.path)
    expect(others).toEqual([])
    const results: Results = JSON.parse(readFileSync(folder.file(file), 'utf8'))
    expect(results.processor).not.toBe('')
    const { startup } = results.rows
    const raw = startup?.samples['rollcall serve']?.toSorted((a, b) => a - b)
    expect(raw).toHaveLength(3)
    expect(startup).toMatchObject({
      node: process.version,
      sizeName: 'small',
      size: { rounds: 1 },
      medians: { 'rollcall serve': raw?.[1] },
      commit: expect.stringMatching(/./),
    })
    expect(startup?.date).toMatch(/^\d{4}-\d\d-\d\dT/)
  })
})
