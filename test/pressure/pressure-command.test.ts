import { describe, expect, test } from 'vitest'
import { runProgram } from '../benchmarks/run-bench.ts'
import { ATTACKS } from './all-attacks.ts'

const run = (...args: string[]) => runProgram('test/pressure/run.ts', args)

describe.concurrent('npm run test:pressure', () => {
  test.each([
    [['--nope'], "Unknown option '--nope'"],
    [['--only', 'nope'], 'unknown attack nope'],
    [['--size', 'huge'], '--size is huge; use check or small or full'],
    [['--store', 'memory'], '--store is memory; use sqlite or postgres'],
    [['--label', '../x'], '--label is ../x; use letters, digits and hyphens'],
    [['--server', '/nowhere'], '--server is /nowhere, which has no build: '],
  ])('reports an invalid %j in two lines', async (args, message) => {
    const { status, stdout, stderr } = await run(...args)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr.split('\n')).toEqual([
      expect.stringContaining(`test:pressure: ${message}`),
      'Try: npm run test:pressure -- --help',
      '',
    ])
  })

  test('lists its options and its attacks', async () => {
    const { status, stdout } = await run('--help')
    expect(status).toBe(0)
    const options = ['--size', '--only', '--store', '--server', '--label']
    for (const word of [...options, ...ATTACKS.map(({ name }) => name)]) {
      expect(stdout).toContain(word)
    }
  })

  test('has attacks with unique names', () => {
    const names = ATTACKS.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })
})
