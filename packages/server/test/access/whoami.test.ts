import { expect, test } from 'vitest'
import { AgentRegistryServer } from '../../src/index.ts'

const ADMIN = { scope: 'admin', name: 'alice' }

test('a caller learns its name, its scope and its agents', async () => {
  await using server = new AgentRegistryServer('memory:')
  const app = server.createApp()
  const create = async (payload: object, token?: string): Promise<string> => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    return (await app.inject({ method: 'POST', url: '/tokens', payload, headers })).json().token
  }
  const whoami = async (token: string) =>
    (await app.inject({ url: '/whoami', headers: { authorization: `Bearer ${token}` } })).json()
  const admin = await create(ADMIN)
  expect(await whoami(admin)).toEqual({
    ...{ kind: 'token', name: 'alice', scope: 'admin', reads: null },
    agents: ['*'],
  })
  const agent = await create(
    { scope: 'agent', name: 'ci', agents: ['team-a:*'], reads: ['team-b:*'] },
    admin,
  )
  expect(await whoami(agent)).toEqual({
    ...{ kind: 'token', name: 'ci', scope: 'agent', agents: ['team-a:*'] },
    reads: expect.arrayContaining(['team-a:*', 'team-b:*']),
  })
})
