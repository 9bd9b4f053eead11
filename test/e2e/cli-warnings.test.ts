// Warnings of a registry about an agent on another machine, as printed by the command.
import { expect, test } from 'vitest'
import { respondJson, ScriptedServer } from '../../packages/client/test/support/scripted-server.ts'
import { wireAgent } from '../../packages/client/test/support/wire-agents.ts'
import { eventually } from '../http/support/eventually.ts'
import { runRollcall } from './support/rollcall-command.ts'
import { LONG_RUNNING, NODE, Sidecar } from './support/sidecar.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

const message = 'host "127.0.0.1" is a loopback address'
const warnings = [{ code: 'LOCAL_ADDRESS' as const, pointer: '/host', message }]
const LINE = `rollcall: warning: ${message}\n`

/** A registry on another machine, which warns on every registration and can lose the agent. */
async function remoteRegistry() {
  const state = { hasLostAgent: false }
  const server = await ScriptedServer.start((request, response) => {
    if (request.path === '/agents/register') {
      state.hasLostAgent = false
      const lease = { ttl_seconds: 1, heartbeat_interval_seconds: 0.1 }
      return respondJson(response, 200, wireAgent('side', { ...lease, warnings }))
    }
    const known = { status: 'ok', ttl_seconds: 1, heartbeat_interval_seconds: 0.1, revision: 1 }
    if (state.hasLostAgent) respondJson(response, 404, { code: 'AGENT_NOT_FOUND', status: 404 })
    else respondJson(response, 200, known)
  })
  return { server, state }
}

test('register prints the warning on stderr, or in its JSON', async () => {
  using folder = new TemporaryFolder()
  const { server } = await remoteRegistry()
  await using _ = server
  const args = ['register', 'side', '--registry', server.url]
  const plain = await runRollcall(args, { cwd: folder.path })
  expect(plain).toMatchObject({ code: 0, stderr: LINE })
  const json = await runRollcall([...args, '--json'], { cwd: folder.path })
  expect(json).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(json.stdout)).toMatchObject({ warnings })
})

test('run prints the warning once, also if it has to register again', async () => {
  using folder = new TemporaryFolder()
  const { server, state } = await remoteRegistry()
  await using _ = server
  const sidecar = new Sidecar(folder.path, server.url, ['--', ...NODE, LONG_RUNNING])
  await eventually(() => sidecar.stderr).toContain('is registered at')
  state.hasLostAgent = true
  await eventually(() => sidecar.stderr).toContain('side is registered again')
  sidecar.signal('SIGTERM')
  await sidecar.exit
  expect(sidecar.stderr.split(LINE)).toHaveLength(2)
})
