// Instances of an agent on the command line, and an agent that is flapping.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliSession } from './support/cli-session.ts'

let cli: CliSession
beforeAll(async () => {
  cli = await CliSession.start()
})
afterAll(() => cli[Symbol.asyncDispose]())

const json = async (...args: string[]) => JSON.parse(await cli.print(...args, '--json'))
const register = (id: string, instance: string) => cli.print('register', id, '--instance', instance)

describe('--instance', () => {
  test('of register takes over, and get shows instance and incarnation', async () => {
    await register('taken', 'one')
    await register('taken', 'two')
    expect(await json('get', 'taken')).toMatchObject({ instance_id: 'two', incarnation: 2 })
    const details = await cli.print('get', 'taken')
    expect(details).toContain('instance\ttwo\nincarnation\t2\n')
    expect(details).not.toContain('flapping')
  })

  test.each(['heartbeat', 'deregister'])('of %s fails for an older instance', async (command) => {
    await register(`kept-${command}`, 'one')
    await register(`kept-${command}`, 'two')
    const refused = await cli.run(command, `kept-${command}`, '--instance', 'one', '--json')
    expect(refused.code).toBe(1)
    expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: 'SUPERSEDED' } })
    expect(await cli.run(command, `kept-${command}`, '--instance', 'two')).toMatchObject({
      code: 0,
    })
  })

  test.each(['register', 'heartbeat', 'deregister'])(
    'of %s is checked before the call',
    async (command) => {
      const { code, stderr } = await cli.run(command, 'a', '--instance', 'a b')
      expect(code).toBe(2)
      expect(stderr).toContain('It must be letters, digits and . _ : -')
    },
  )
})

describe('deregister --if-revision', () => {
  test('fails if the agent has changed since, and removes it otherwise', async () => {
    const { revision } = await json('register', 'conditional')
    const stale = await cli.run('deregister', 'conditional', '--if-revision', String(revision - 1))
    expect(stale).toMatchObject({ code: 1, stdout: '' })
    expect(stale.stderr).toContain(`is at revision ${revision}`)
    await cli.print('deregister', 'conditional', '--if-revision', String(revision))
  })

  test('must be a whole number', async () => {
    expect(await cli.run('deregister', 'a', '--if-revision', '1.5')).toMatchObject({ code: 2 })
  })
})

test('a flapping agent is reported by get, history, doctor and the log', async () => {
  expect((await json('doctor')).findings).toContainEqual(
    expect.objectContaining({ topic: 'instances', verdict: 'ok' }),
  )
  for (const instance of ['one', 'two', 'one', 'two']) await register('flaps', instance)
  const flapping = '3 takeovers in 5m 0s, most recently by one and two'
  expect(await cli.print('get', 'flaps')).toContain(`\nflapping\t${flapping}\n`)
  const history = await cli.run('history', 'flaps')
  expect(history.stderr).toBe(`rollcall: warning: flaps is flapping: ${flapping}\n`)
  expect(history.stdout.match(/\treplaced\t/g)).toHaveLength(3)
  expect(await json('history', 'flaps')).toHaveLength(4)
  expect((await json('doctor')).findings).toContainEqual(
    expect.objectContaining({
      topic: 'instances',
      verdict: 'warn',
      message: '1 agent is flapping: several processes register one id again and again',
    }),
  )
  expect(cli.registry.output).toContain('agent flaps is flapping')
  expect(cli.registry.output).toContain('"instances":["two","one"]')
})
