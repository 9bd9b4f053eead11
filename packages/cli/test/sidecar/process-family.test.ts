import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { ProcessFamily } from '../../src/sidecar/process-family.ts'
import { type ProcessEntry, runningProcesses } from '../../src/sidecar/process-table.ts'

const PROGRAM = 10

/** A family at a terminal, where members are looked up; and a table of processes to change. */
function familyAtTerminal(running: readonly ProcessEntry[]) {
  const table = { running }
  const family = new ProcessFamily(PROGRAM, { hasGroup: false, processes: () => table.running })
  return { family, table }
}

const child: ProcessEntry = { pid: 11, parent: PROGRAM, group: 1, startedAt: '100' }
const grandchild: ProcessEntry = { pid: 12, parent: 11, group: 1, startedAt: '101' }
const stranger: ProcessEntry = { pid: 13, parent: 1, group: 1, startedAt: '102' }

test('a process whose parents have ended still belongs to the family', () => {
  const { family, table } = familyAtTerminal([child, grandchild, stranger])
  family.look()
  table.running = [{ ...grandchild, parent: 1 }, stranger]
  expect(family.left).toEqual([grandchild.pid])
  // Another look does not lose it.
  family.look()
  expect(family.left).toEqual([grandchild.pid])
})

test('a later process with the id of a member is left alone', () => {
  const { family, table } = familyAtTerminal([child, grandchild])
  family.look()
  table.running = [{ ...grandchild, parent: 1, startedAt: '900' }]
  expect(family.left).toEqual([])
  family.look()
  expect(family.left).toEqual([])
})

test('the table of this machine has a process, and when it started, until it has ended', async () => {
  const one = spawn('sleep', ['60'])
  await once(one, 'spawn')
  const [entry] = runningProcesses().filter(({ pid }) => pid === one.pid)
  expect(entry).toMatchObject({ parent: process.pid, startedAt: expect.stringMatching(/\d/) })
  one.kill('SIGKILL')
  await once(one, 'exit')
  expect(runningProcesses().map(({ pid }) => pid)).not.toContain(one.pid)
})
