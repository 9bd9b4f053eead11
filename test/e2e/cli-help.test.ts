// The help of each command on a terminal of 80 columns.
import { expect, test } from 'vitest'
import { runRollcall } from './support/rollcall-command.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

test.concurrent.each([
  ...[
    'register',
    'heartbeat',
    'list',
    'capabilities',
    'get',
    'watch',
    'history',
    'audit',
    'drain',
    'ready',
    'maintenance',
    'mirror',
  ],
  ...['deregister', 'cleanup', 'health'],
])('rollcall %s --help fits 80 columns and has examples', async (name) => {
  using folder = new TemporaryFolder()
  const help = await runRollcall([name, '--help'], { cwd: folder.path })
  expect({ code: help.code, stderr: help.stderr }).toEqual({ code: 0, stderr: '' })
  expect(help.stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
  expect(help.stdout).toContain(`Examples:\n  rollcall ${name}`)
  for (const option of ['--registry <url>', '--timeout <seconds>', '--json']) {
    expect(help.stdout).toContain(option)
  }
  expect(await runRollcall(['help', name], { cwd: folder.path })).toEqual(help)
})
