// An agent whose heartbeats come from a thread sends its reports through that thread.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { joinFromWorker, type WorkerAgent } from '@rollcall/client/node'
import { rolldown } from 'rolldown'
import { describe, expect, test } from 'vitest'
import {
  type Received,
  respondJson,
  respondProblem,
  ScriptedServer,
} from '../../packages/client/test/support/scripted-server.ts'
import { wireAgent } from '../../packages/client/test/support/wire-agents.ts'
import { ExampleProcess } from '../examples/example-process.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

/** A registry for one agent, with a TTL so short that there are three heartbeats per second. */
class WorkerRegistry implements AsyncDisposable {
  /** Error statuses for the next reports of a status; periodic heartbeats without one succeed. */
  readonly errors: number[] = []
  readonly server: ScriptedServer
  knowsAgent = false

  private constructor(server: ScriptedServer) {
    this.server = server
  }

  static async start(): Promise<WorkerRegistry> {
    const server = await ScriptedServer.start(({ method, path, body }, response) => {
      const status = statusIn(body) === undefined ? undefined : registry.errors.shift()
      if (status !== undefined) return respondProblem(response, status, 'REJECTED')
      if (path === '/agents/register') registry.knowsAgent = true
      else if (!registry.knowsAgent) return respondProblem(response, 404, 'AGENT_NOT_FOUND')
      if (method === 'DELETE') registry.knowsAgent = false
      const schedule = { ttl_seconds: 1, heartbeat_interval_seconds: 0.3 }
      respondJson(response, 200, wireAgent('a', schedule))
    })
    const registry = new WorkerRegistry(server)
    return registry
  }

  join(): Promise<WorkerAgent> {
    const agent = { agentId: 'a', agentName: 'A', host: '10.0.0.7', ttlSeconds: 1 }
    return joinFromWorker({ ...agent, registryUrl: this.server.url, logger: null })
  }

  get heartbeats(): Received[] {
    return this.server.requests.filter(({ path }) => path === '/agents/a/heartbeat')
  }

  get statuses(): (string | undefined)[] {
    return this.heartbeats.map(({ body }) => statusIn(body))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
  }
}

function statusIn(body: unknown): string | undefined {
  return (body as { status?: string } | undefined)?.status
}

test('an undelivered status emits late, and resolves when it has arrived', async () => {
  await using registry = await WorkerRegistry.start()
  await using agent = await registry.join()
  const late: unknown[] = []
  agent.on('late', ({ report }) => late.push(report))
  registry.errors.push(503, 503)
  await agent.setStatus('draining')
  expect(late).toEqual([{ status: 'draining' }])
  expect(registry.statuses.filter((status) => status === 'draining')).toHaveLength(3)
  expect(registry.errors).toEqual([])
})

test('a rejected report throws the error of the registry, and is not repeated', async () => {
  await using registry = await WorkerRegistry.start()
  await using agent = await registry.join()
  registry.errors.push(422)
  await expect(agent.setStatus('draining')).rejects.toMatchObject({ name: 'ApiError', status: 422 })
  await expect(agent.heartbeat({ load: 7 })).rejects.toThrow('load is 7')
  await agent.client.register()
  expect(registry.server.requests.at(-1)?.body).not.toMatchObject({ status: 'draining' })
})

test('a deregistered agent sends nothing until it registers, and then resumes', async () => {
  await using registry = await WorkerRegistry.start()
  await using agent = await registry.join()
  await agent.setStatus('busy')
  await agent.client.deregister()
  const before = registry.server.requests.length
  // Three intervals.
  await new Promise((resolve) => setTimeout(resolve, 1000))
  expect(registry.server.requests).toHaveLength(before)
  expect(registry.knowsAgent).toBe(false)
  await agent.client.register()
  expect(registry.server.requests.at(-1)?.body).toMatchObject({ status: 'busy' })
  const heartbeats = registry.heartbeats.length
  await expect.poll(() => registry.heartbeats.length).toBeGreaterThan(heartbeats + 1)
})

test('an agent that registers twice does not send heartbeats faster', async () => {
  await using registry = await WorkerRegistry.start()
  await using agent = await registry.join()
  await agent.client.register()
  const before = registry.heartbeats.length
  await new Promise((resolve) => setTimeout(resolve, 1500))
  // Five intervals, each up to a tenth shorter; fewer on a slow machine.
  expect(registry.heartbeats.length - before).toBeLessThanOrEqual(6)
})

test('an option that is a function is rejected by name', async () => {
  const options = { agentId: 'a', agentName: 'A', token: () => 'x' }
  await expect(joinFromWorker(options as never)).rejects.toThrow('token is a function')
})

describe('in a bundle', () => {
  test.each(['esm', 'cjs'] as const)(
    '%s, joining fails with instructions, and registers nothing',
    async (format) => {
      await using registry = await WorkerRegistry.start()
      using folder = new TemporaryFolder()
      const entry = join(folder.path, 'agent.mjs')
      const output = join(folder.path, format === 'esm' ? 'bundle.mjs' : 'bundle.cjs')
      writeFileSync(
        entry,
        `import { joinFromWorker } from '@rollcall/client/node'
       joinFromWorker({ agentId: 'a', agentName: 'A' }).then(
         () => console.log('joined'),
         (error) => console.log(error.message),
       )`,
      )
      const bundle = await rolldown({
        input: entry,
        platform: 'node',
        cwd: import.meta.dirname,
        logLevel: 'silent',
        resolve: { modules: [join(import.meta.dirname, '../../node_modules')] },
      })
      await bundle.write({ file: output, format })
      await using program = new ExampleProcess([process.execPath, output], {
        REGISTRY_URL: registry.server.url,
      })
      expect(await program.exit, program.output).toEqual({ code: 0, signal: null })
      expect(program.output).toContain('joinFromWorker cannot start its thread')
      expect(program.output).toContain('--external:@rollcall/client')
      expect(registry.server.requests).toEqual([])
    },
  )
})
