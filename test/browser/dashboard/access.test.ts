import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { rowOf, useDashboard } from './dashboard-under-test.ts'

const READER = 'the-token-of-a-reader-of-the-dashboard'
const ADMIN = 'the-token-of-an-operator-of-the-dashboard'
const OWNER = 'the-token-of-an-agent-of-the-dashboard-1'
const LIMITED = 'the-token-of-a-limited-reader-of-it-1234'

const dashboard = useDashboard((folder) => {
  const file = folder.file('tokens')
  const lines = [
    `reader read * ${READER}`,
    `operator admin * ${ADMIN}`,
    `team agent team-* ${OWNER}`,
  ]
  writeFileSync(file, `${lines.join('\n')}\nlimited read * reads=team-* ${LIMITED}\n`)
  return ['--token-file', file, '--anonymous', 'none']
})

async function signIn(token: string, hash = '#/agents') {
  const page = await dashboard.open(hash)
  await page.getByLabel('Token').fill(token)
  await page.getByRole('button', { name: 'Continue' }).click()
  return page
}

async function registerAs(token: string, agentId: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ agent_id: agentId, agent_name: 'A', host: 'h', port: 1 })
  const url = `${dashboard.registry.url}/agents/register`
  expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(200)
}

test('without access, the page asks for a token, refuses a wrong one, and keeps it for the session only', async () => {
  await registerAs(ADMIN, 'team-1')
  const page = await signIn('a-token-that-nobody-has-ever-created-1')
  await page.getByText('does not accept this token').waitFor()
  await page.getByLabel('Token').fill(READER)
  await page.getByRole('button', { name: 'Continue' }).click()
  await rowOf(page, 'team-1').waitFor()
  await page.reload()
  await rowOf(page, 'team-1').waitFor()
  expect(await page.evaluate('JSON.stringify(localStorage) + document.cookie')).not.toContain(
    READER,
  )
  expect(page.url()).not.toContain(READER)

  const other = await dashboard.open('#/agents')
  await other.getByLabel('Token').waitFor()
  await page.getByRole('button', { name: 'Forget token' }).click()
  await page.getByLabel('Token').waitFor()
  for (const opened of [page, other]) await opened.close()
})

test('a reader gets no buttons that would be refused', async () => {
  await registerAs(ADMIN, 'team-2')
  const page = await signIn(READER, '#/agents/team-2')
  await page.getByText('registered by request').waitFor()
  await page.getByText('reader').waitFor()
  await page.getByRole('button', { name: 'Copy as curl' }).waitFor()
  for (const name of ['Drain', 'Ready', 'Deregister']) {
    expect(await page.getByRole('button', { name, exact: true }).count()).toBe(0)
  }
  await page.close()
})

test('a token of agents may deregister those that it covers, and drain none', async () => {
  await registerAs(OWNER, 'team-3')
  await registerAs(ADMIN, 'other-1')
  const page = await signIn(OWNER, '#/agents/team-3')
  await page.getByRole('button', { name: 'Deregister' }).waitFor()
  expect(await page.getByRole('button', { name: 'Drain', exact: true }).count()).toBe(0)
  await page.goto(`${dashboard.registry.url}/#/agents/other-1`)
  await page.getByText('registered by request').waitFor()
  expect(await page.getByRole('button', { name: 'Deregister' }).count()).toBe(0)
  await page.close()
})

test('a caller that sees some agents gets these, and no numbers about others', async () => {
  await registerAs(ADMIN, 'team-4')
  await registerAs(ADMIN, 'hidden-1')
  const page = await signIn(LIMITED)
  await rowOf(page, 'team-4').waitFor()
  expect(await rowOf(page, 'hidden-1').count()).toBe(0)
  await page.goto(`${dashboard.registry.url}/#/`)
  await page.getByText('Your token sees only some agents').waitFor()
  await page.close()
})

test('the page itself needs no token, what it shows does', async () => {
  const headers = { accept: 'text/html' }
  const page = await fetch(`${dashboard.registry.url}/`, { headers })
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  for (const path of ['/', '/agents', '/whoami']) {
    expect((await fetch(`${dashboard.registry.url}${path}`)).status).toBe(401)
  }
})
