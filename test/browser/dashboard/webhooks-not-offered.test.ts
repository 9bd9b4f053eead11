// Nothing of webhooks is offered to those who may not see them, and where there are none.
import { writeFileSync } from 'node:fs'
import type { Whoami } from '@rollcall/protocol'
import { describe, expect, test } from 'vitest'
import { useDashboard } from './dashboard-under-test.ts'

const OPERATOR = 'the-token-of-an-operator-until-it-is-not-1'
const READER = 'the-token-of-a-reader-of-the-webhooks-1'

describe('with access control', () => {
  let tokenFile: string
  const controlled = useDashboard((folder) => {
    tokenFile = folder.file('tokens')
    writeFileSync(tokenFile, `reader read * ${READER}\noperator admin * ${OPERATOR}\n`)
    return ['--token-file', tokenFile, '--anonymous', 'none']
  })

  test('who is no operator gets nothing of it, and the page does not even ask', async () => {
    const page = await controlled.open('#/agents')
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    await page.getByLabel('Token').fill(READER)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.locator('.user', { hasText: 'reader' }).waitFor()
    expect(await page.getByRole('link', { name: 'Webhooks' }).count()).toBe(0)
    await page.keyboard.press('?')
    await page.getByRole('dialog').getByText('Fleet, Agents, Events', { exact: true }).waitFor()
    await page.keyboard.press('Escape')
    await page.goto(`${controlled.registry.url}/#/webhooks`)
    await page.getByText('Webhooks are for operators').waitFor()
    expect(await page.getByRole('table').count()).toBe(0)
    expect(await page.getByRole('button', { name: 'Create a webhook' }).count()).toBe(0)
    expect(asked).not.toContain('/webhooks')
    await page.close()
  })

  test('who is no operator any more sees nothing of it any more', async () => {
    const page = await controlled.open('#/webhooks')
    await page.getByLabel('Token').fill(OPERATOR)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByText('No webhooks').waitFor()
    await page.getByRole('link', { name: 'Webhooks' }).waitFor()
    writeFileSync(tokenFile, `reader read * ${OPERATOR}\n`)
    const scope = async () => {
      const headers = { authorization: `Bearer ${OPERATOR}` }
      const response = await fetch(`${controlled.registry.url}/whoami`, { headers })
      return ((await response.json()) as Whoami).scope
    }
    await expect.poll(scope).toBe('read')
    // The page asks again who the user is when the user comes back to it.
    await page.evaluate(`window.dispatchEvent(new Event('visibilitychange'))`)
    await page.getByText('Webhooks are for operators').waitFor()
    expect(await page.getByText('No webhooks').count()).toBe(0)
    expect(await page.getByRole('link', { name: 'Webhooks' }).count()).toBe(0)
    expect(await page.getByRole('button', { name: 'Create a webhook' }).count()).toBe(0)
    expect(await page.getByRole('alert').count()).toBe(0)
    await page.close()
  })
})

describe('with --no-webhooks', () => {
  const without = useDashboard(() => ['--no-webhooks'])

  test('an operator gets no link to them, and the page says why', async () => {
    const page = await without.open('#/webhooks')
    const response = page.waitForResponse('**/webhooks')
    await page.reload()
    expect((await response).status()).toBe(404)
    await page.getByText('This registry has no webhooks').waitFor()
    await page.getByRole('link', { name: 'Tokens' }).waitFor()
    expect(await page.getByRole('link', { name: 'Webhooks' }).count()).toBe(0)
    expect(await page.getByRole('button', { name: 'Create a webhook' }).count()).toBe(0)
    expect(await page.getByRole('alert').count()).toBe(0)
    await page.close()
  })

  test('neither where the store keeps none', async () => {
    const page = await without.open('#/webhooks')
    await page.route('**/webhooks', (route) =>
      route.fulfill({ status: 501, json: { code: 'WEBHOOKS_UNSUPPORTED', detail: 'no store' } }),
    )
    const response = page.waitForResponse('**/webhooks')
    await page.reload()
    expect((await response).status()).toBe(501)
    await page.getByText('This registry has no webhooks').waitFor()
    expect(await page.getByRole('link', { name: 'Webhooks' }).count()).toBe(0)
    expect(await page.getByRole('alert').count()).toBe(0)
    await page.close()
  })
})
