import { describe, expect, test } from 'vitest'
import { rowOf, useDashboard } from './dashboard-under-test.ts'

const dashboard = useDashboard()

describe('one agent', () => {
  test('shows what it has registered, its metadata as a tree and as text, and its history', async () => {
    await dashboard.register('worker:1', {
      metadata: { region: 'eu-1', gpu: { count: 2 } },
      capabilities: ['search'],
      tags: ['papers'],
      version: '1.2.3',
      protocol: 'a2a',
      description: 'Finds papers.',
    })
    const page = await dashboard.open('#/agents')
    await rowOf(page, 'worker:1').click()
    const panel = page.locator('.agent-panel')
    await panel.getByRole('heading', { name: 'worker:1' }).waitFor()
    for (const text of ['Finds papers.', '1.2.3', 'a2a', 'gpu', 'count']) {
      await panel.getByText(text, { exact: true }).first().waitFor()
    }
    await panel.getByText('registered by request').waitFor()
    expect(await panel.getByRole('link', { name: 'papers' }).getAttribute('href')).toBe(
      '#/agents?tag=papers',
    )
    await panel.getByRole('button', { name: 'Raw JSON' }).click()
    await panel.getByText('"count": 2').waitFor()
    expect(new URL(page.url()).hash).toBe('#/agents/worker%3A1')
    await page.keyboard.press('Escape')
    await panel.waitFor({ state: 'detached' })
    await page.close()
  })

  test('shows its card: what matters first, all of it, and as it was sent', async () => {
    const markup = '<img src=x onerror="globalThis.owned = 1">'
    await dashboard.register('with-card', {
      card: {
        name: 'Paper reader',
        description: `Reads papers. ${markup}`,
        version: '2.4.1',
        url: 'http://10.0.0.7:8000',
        provider: { organization: 'Papers Inc.', url: 'https://papers.example' },
        skills: [{ id: 'cite', name: 'Cite', description: 'Finds the page.', tags: ['papers'] }],
      },
    })
    const page = await dashboard.open('#/agents/with-card')
    const card = page.locator('.card')
    for (const text of ['Paper reader', 'version 2.4.1, by Papers Inc.', 'Cite', markup]) {
      await card.getByText(text).first().waitFor()
    }
    expect(await page.evaluate('globalThis.owned')).toBeUndefined()
    await card.getByText('All of it').click()
    await card.getByText('https://papers.example').waitFor()
    await card.getByRole('button', { name: 'Card as sent' }).click()
    const { body } = await dashboard.registry.http.get('/agents/with-card/card')
    expect(JSON.parse((await card.locator('.raw').textContent()) ?? '')).toEqual(body)

    await dashboard.registry.http.send('DELETE', '/agents/with-card/card')
    await card.waitFor({ state: 'detached' })
    await page.close()
  })

  test('is drained with a reason, and made ready again', async () => {
    await dashboard.register('drained')
    const page = await dashboard.open('#/agents/drained')
    await page.getByRole('button', { name: 'Drain', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel(/Reason/).fill("the disk's noise")
    await dialog.getByText('The same as a command').click()
    expect(await dialog.locator('pre').textContent()).toContain(
      `-d '{"reason":"the disk'\\''s noise"}'`,
    )
    await dialog.getByRole('button', { name: 'Drain', exact: true }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.locator('.agent-panel .notice', { hasText: "the disk's noise" }).waitFor()
    const { body } = await dashboard.registry.http.get('/agents/drained')
    expect(body).toMatchObject({ status: 'draining', maintenance: { reason: "the disk's noise" } })

    await page.getByRole('button', { name: 'Ready', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Ready', exact: true }).click()
    await page.locator('.agent-panel .lease .status-ready').waitFor()
    await page.close()
  })

  test('is deregistered only after a confirmation, and its history remains', async () => {
    await dashboard.register('leaving')
    const page = await dashboard.open('#/agents/leaving')
    await page.getByRole('button', { name: 'Deregister', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    expect((await dashboard.registry.http.get('/agents/leaving')).status).toBe(200)
    await page.getByRole('button', { name: 'Deregister', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Deregister', exact: true }).click()
    await page.getByText('This agent is not in the registry').waitFor()
    await page.getByText('deregistered by request').waitFor()
    expect((await dashboard.registry.http.get('/agents/leaving')).status).toBe(404)
    await page.close()
  })

  test('a maintenance of many agents is not ended for one of them', async () => {
    await dashboard.register('team-1')
    const http = dashboard.registry.http
    await http.send('PUT', '/agents/team-*/maintenance', { reason: 'moving' })
    const page = await dashboard.open('#/agents/team-1')
    await page.getByRole('button', { name: 'Ready', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Ready', exact: true }).click()
    await page.getByRole('alert').getByText('that of all agents team-*').waitFor()
    expect((await http.get('/agents/team-1')).body).toMatchObject({ status: 'draining' })
    await page.close()
  })
})
