// An agent whose process receives a signal: it deregisters, and the program controls its exit.
import { describe, expect, test } from 'vitest'
import { respondJson, ScriptedServer } from '../../packages/client/test/support/scripted-server.ts'
import { wireAgent } from '../../packages/client/test/support/wire-agents.ts'
import { ClientProcess } from './support/client-process.ts'

/** A registry that accepts every call. */
function startRegistry(): Promise<ScriptedServer> {
  return ScriptedServer.start((_, response) => respondJson(response, 200, wireAgent('a')))
}

const deregistrations = ({ requests }: ScriptedServer): string[] =>
  requests.filter(({ method }) => method === 'DELETE').map(({ path }) => path)

/** A program with agents a and b that are closed on signals, with code before and after. */
const program = (before: string, after = '') => `
  import { AgentRegistryClient } from '@rollcall/client'
  import { closeOnSignals } from '@rollcall/client/node'
  ${before}
  for (const agentId of ['a', 'b']) {
    const agent = await AgentRegistryClient.join({ agentId, agentName: 'A', keepAlive: true })
    closeOnSignals(agent)
  }
  ${after}
  console.log('handlers: ' + process.listenerCount('SIGTERM'))
`
const DRAINING = `
  process.once('SIGTERM', () => setTimeout(() => {
    console.log('drained')
    process.exit(7)
  }, 300))
`

test('a program without its own handler is terminated by the signal, after all agents have deregistered', async () => {
  await using registry = await startRegistry()
  await using agents = ClientProcess.start(program(''), registry.url)
  await agents.printed('handlers: 1')
  agents.signal('SIGTERM')
  expect(await agents.exit).toBeNull()
  expect(deregistrations(registry).sort()).toEqual(['/agents/a', '/agents/b'])
})

describe('a program that drains in a handler registered with once', () => {
  test.each([
    ['before', program(DRAINING)],
    ['after', program('', DRAINING)],
  ])('exits afterwards with its own code: handler registered %s', async (_, text) => {
    await using registry = await startRegistry()
    await using agents = ClientProcess.start(text, registry.url)
    await agents.printed('handlers: 2')
    agents.signal('SIGTERM')
    expect(await agents.exit).toBe(7)
    expect(agents.output).toContain('drained')
    expect(deregistrations(registry)).toHaveLength(2)
  })
})

test('a second signal terminates the program immediately', async () => {
  const text = `
    import { closeOnSignals } from '@rollcall/client/node'
    setInterval(() => {}, 1000)
    closeOnSignals({ close: () => new Promise(() => console.log('closes for ever')) })
    console.log('up')
  `
  await using program = ClientProcess.start(text, 'http://127.0.0.1:2')
  await program.printed('up')
  program.signal('SIGTERM')
  await program.printed('closes for ever')
  program.signal('SIGTERM')
  expect(await program.exit).toBeNull()
})

test('after unsubscribing, signals have their default effect again', async () => {
  await using registry = await startRegistry()
  const text = program(
    '',
    `const { default: assert } = await import('node:assert')
     closeOnSignals({ close: async () => undefined })()
     assert.equal(process.listenerCount('SIGINT'), 1)`,
  )
  await using agents = ClientProcess.start(text, registry.url)
  await agents.printed('handlers: 1')
})
