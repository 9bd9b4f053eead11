import { setTimeout as sleep } from 'node:timers/promises'
import type { WireWebhook } from '@rollcall/server'
import type { RegistryProcess } from '../../e2e/support/registry-process.ts'
import { WebhookReceiver } from '../../webhooks/support/webhook-receiver.ts'

/** The paths of receivers, which agents they hear of, and the state in which the picture shows the webhook. */
const WEBHOOKS = [
  ['pager', { status: ['expired', 'suspect'] }, 'active'],
  ['papers/index', { agent_id: ['papers:*'], capability: ['search', 'cite'] }, 'failing'],
  ['audit', {}, 'active'],
  ['billing', { metadata: ['team:papers'] }, 'disabled'],
] as const

/** Creates webhooks for the picture of their page, with receivers until the result is disposed. */
export async function exhibitWebhooks({ http }: RegistryProcess): Promise<AsyncDisposable> {
  const receiver = await WebhookReceiver.start()
  const broken = await WebhookReceiver.start((response) => response.writeHead(503).end())
  for (const [path, filter, state] of WEBHOOKS) {
    const { url } = state === 'failing' ? broken : receiver
    const request = { url: new URL(path, url).href, filter, enabled: state !== 'disabled' }
    const { status } = await http.send('POST', '/webhooks', request)
    if (status !== 200) throw new Error(`a webhook was refused: ${status}`)
  }
  await http.send('POST', '/agents/register', {
    ...{ agent_id: 'papers:eu-1:reader-3', agent_name: 'Paper reader', host: 'h', port: 1 },
    ...{ capabilities: ['search', 'cite'], ttl_seconds: 3600 },
  })
  const isShown = async (): Promise<boolean> => {
    const { body } = await http.get<WireWebhook[]>('/webhooks')
    return body.every(
      ({ state, last_delivery_at: delivered }, index) =>
        state === WEBHOOKS[index]?.[2] && (index !== 2 || delivered !== null),
    )
  }
  while (!(await isShown())) await sleep(100)
  return {
    async [Symbol.asyncDispose]() {
      await receiver.stop()
      await broken.stop()
    },
  }
}
