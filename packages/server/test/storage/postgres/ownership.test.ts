// Whose agent it is, on nodes that share a database.
import { expect, test } from 'vitest'
import { eventually } from '../../../../../test/http/support/eventually.ts'
import { databasePerTest } from '../../../../../test/postgres/support/database-per-test.ts'
import { queryOnce } from '../../../../../test/postgres/support/postgres-client.ts'
import { PostgresAgentRegistryRepository } from '../../../src/storage/postgres/repository.ts'
import { ADMIN, ANN, BO } from '../../../src/testing/sample-callers.ts'
import { registration } from '../sample-registration.ts'
import { lockWaits, whileLocked } from './slow-database.ts'

const database = databasePerTest()
const openNode = () => PostgresAgentRegistryRepository.open(database.url)

const OWNED = { code: 'AGENT_OWNED' }
const ROUNDS = 30

test('of two principals that register one id at the same time, each on another node, one owns it', async () => {
  await using node = await openNode()
  await using other = await openNode()
  const winners = new Set<unknown>()
  for (let round = 0; round < ROUNDS; round++) {
    const agent = registration({ agentId: `a-${round}`, port: 8000 + round })
    const outcomes = await Promise.allSettled([node.add(agent, ANN), other.add(agent, BO)])
    const [won, ...others] = outcomes.filter((it) => it.status === 'fulfilled')
    const [lost] = outcomes.filter((it) => it.status === 'rejected')
    expect(others).toEqual([])
    expect(lost?.reason).toMatchObject(OWNED)
    winners.add(won?.value.owner)
    for (const each of [node, other]) {
      expect(await each.get(`a-${round}`)).toMatchObject({
        owner: won?.value.owner,
        revision: round + 1,
      })
    }
  }
  expect([...winners]).toEqual(expect.arrayContaining([expect.stringMatching(/^(ann|bo)$/)]))
})

test('of two that claim an agent of nobody, the first to commit owns it', async () => {
  await using node = await openNode()
  await using other = await openNode()
  await node.add(registration())
  const claims: Promise<PromiseSettledResult<unknown>[]>[] = []
  await whileLocked(database.url, 'SELECT FROM rollcall.registry FOR UPDATE', async () => {
    // Both have read that it belongs to nobody, and are about to commit.
    claims.push(Promise.allSettled([node.add(registration(), ANN)]))
    await eventually(() => lockWaits(database.url)).toBe(1)
    claims.push(Promise.allSettled([other.add(registration(), BO)]))
    await eventually(() => lockWaits(database.url)).toBe(2)
  })
  const outcomes = (await Promise.all(claims)).flat()
  expect(outcomes).toMatchObject([{ value: { owner: 'ann' } }, { reason: OWNED }])
})

test('heartbeats on a node that has never seen the agent are refused to others', async () => {
  await using node = await openNode()
  await using other = await openNode()
  await node.add(registration(), ANN)
  const before = await node.get('scout')
  await expect(other.updateHeartbeat('scout', { caller: BO })).rejects.toMatchObject(OWNED)
  await expect(other.updateHeartbeat('scout', { caller: BO, load: 1 })).rejects.toMatchObject(OWNED)
  await expect(other.delete('scout', { caller: BO })).rejects.toMatchObject(OWNED)
  expect(await node.get('scout')).toEqual(before)
  for (const caller of [ANN, ADMIN, undefined]) {
    expect(await other.updateHeartbeat('scout', { caller })).toMatchObject({ revision: 1 })
  }
})

test.each([
  { name: 'beat', loads: 'NULL' },
  { name: 'beat', loads: 'ARRAY[0.5, 0.5]' },
  { name: 'beat_unlocked', loads: 'NULL' },
])('$name with the loads $loads renews no agent of another principal', async ({ name, loads }) => {
  await using node = await openNode()
  for (const agentId of ['of-none', 'scout']) {
    await node.add(registration({ agentId }), agentId === 'scout' ? ANN : undefined)
  }
  const renewedBy = async (owner: string | null) => {
    const [row] = await queryOnce<{ places: string | null }>(
      database.url,
      `SELECT places FROM rollcall.${name}(NULL, ARRAY['of-none', 'scout'], ${loads}, NULL, NULL,
         ARRAY['${owner}', '${owner}']::text[])`.replaceAll("'null'", 'NULL'),
    )
    return row?.places?.split(',').sort()
  }
  expect(await renewedBy('ann')).toEqual(['1', '2'])
  expect(await renewedBy('bo')).toEqual(['1'])
  expect(await renewedBy(null)).toEqual(['1', '2'])
})

test('a change by a node of the version before, which knows no owners, keeps the owner', async () => {
  await using node = await openNode()
  await node.add(registration(), ANN)
  const [row] = await queryOnce<{ is_stale: boolean }>(
    database.url,
    `SELECT c.is_stale FROM rollcall.agents a, LATERAL rollcall.commit_changes(
       json_build_array(json_build_object('agent_id', a.agent_id, 'before', a.revision,
         'gone', false, 'same_profile', true, 'status', 'busy', 'incarnation', 1, 'ordinal', 0,
         'last_beat', a.last_beat, 'deadline', a.deadline, 'expired', false)),
       '[]', '') c`,
  )
  expect(row).toEqual({ is_stale: false })
  expect(await node.get('scout')).toMatchObject({ status: 'busy', owner: 'ann' })
})
