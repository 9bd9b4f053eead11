// The log as collectors read it: one JSON object a line.
import { expect, test } from 'vitest'
import { RegistryProcess } from './registry-process.ts'
import { TemporaryFolder } from './temporary-folder.ts'

test('each line has an ISO time and the name of its level', async () => {
  using folder = new TemporaryFolder()
  await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
  await registry.stop()
  const lines = logLines(registry)
  expect(lines.length).toBeGreaterThan(1)
  for (const { level, time } of lines) {
    expect(level).toBe('info')
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  }
})

function logLines(registry: RegistryProcess): Record<string, unknown>[] {
  return registry.output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}
