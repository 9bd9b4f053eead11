import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { type ProcessEntry, runningProcesses } from '../../src/sidecar/process-table.ts'
import { ProcessTree } from '../../src/sidecar/process-tree.ts'

const PROGRAM = 10

/** A process tree on a terminal, which scans for descendants; and a process table to modify. */
function treeOnTerminal(running: readonly ProcessEntry[]) {
  const table = { running }
  const tree = new ProcessTree(PROGRAM, { hasGroup: false, processes: () => table.running })
  return { tree, table }
}

const child: ProcessEntry = { pid: 11, parent: PROGRAM, group: 1, startedAt: '100' }
const grandchild: ProcessEntry = { pid: 12, parent: 11, group: 1, startedAt: '101' }
const unrelated: ProcessEntry = { pid: 13, parent: 1, group: 1, startedAt: '102' }

test('a process whose ancestors have exited still belongs to the tree', () => {
  const { tree, table } = treeOnTerminal([child, grandchild, unrelated])
  tree.scan()
  table.running = [{ ...grandchild, parent: 1 }, unrelated]
  expect(tree.remaining).toEqual([grandchild.pid])
  // Another scan does not lose it.
  tree.scan()
  expect(tree.remaining).toEqual([grandchild.pid])
})

test('an unrelated process with a reused id does not belong to the tree', () => {
  const { tree, table } = treeOnTerminal([child, grandchild])
  tree.scan()
  table.running = [{ ...grandchild, parent: 1, startedAt: '900' }]
  expect(tree.remaining).toEqual([])
  tree.scan()
  expect(tree.remaining).toEqual([])
})

test('the process table contains a process with its start time until it exits', async () => {
  const one = spawn('sleep', ['60'])
  await once(one, 'spawn')
  const [entry] = runningProcesses().filter(({ pid }) => pid === one.pid)
  expect(entry).toMatchObject({ parent: process.pid, startedAt: expect.stringMatching(/\d/) })
  one.kill('SIGKILL')
  await once(one, 'exit')
  expect(runningProcesses().map(({ pid }) => pid)).not.toContain(one.pid)
})
