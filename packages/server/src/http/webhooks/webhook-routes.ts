import { ERROR_CODES } from '@rollcall/protocol'
import { object } from '@rollcall/protocol/json-schema'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { UNRESTRICTED } from '../../access/principal.ts'
import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import { currentBranch } from '../../domain/branch.ts'
import { WebhookId, WebhookPatch, WebhookRequest } from '../../operations/webhook-schemas.ts'
import { newWebhookSecret } from '../../webhooks/signature.ts'
import { newWebhook, type Webhook } from '../../webhooks/webhook.ts'
import { webhookUrlFlaw } from '../../webhooks/webhook-url.ts'
import type { Webhooks } from '../../webhooks/webhooks.ts'
import { sendJson } from '../agents/agent-routes.ts'
import { streamId } from '../events/stream-position.ts'
import { route } from '../requests/routing.ts'
import { Validator, validationFailed } from '../requests/validation.ts'
import { HttpProblem } from '../responses/problem.ts'
import { toWireWebhook } from './webhook-json.ts'

const request = new Validator<WebhookRequest>(WebhookRequest)
const patch = new Validator<WebhookPatch>(WebhookPatch)
const params = new Validator<{ webhook_id: string }>(object({ webhook_id: WebhookId }), '/path')

const idIn = (sent: FastifyRequest) => params.parse(sent.params).webhook_id

/**
 * Adds the routes by which operators decide where changes are sent.
 *
 * @param options.webhooks undefined: the store keeps none
 */
export function webhookRoutes(
  app: FastifyInstance,
  options: {
    webhooks: Webhooks | undefined
    history: Pick<AgentRegistryRepository, 'counts'>
    maxWebhooks: number
  },
): void {
  const { history, maxWebhooks } = options

  route(app, 'createWebhook', async (sent, reply) => {
    const {
      url,
      filter = {},
      secret = newWebhookSecret(),
      enabled = true,
    } = request.parse(sent.body)
    const webhooks = supported()
    requireUrl(url, webhooks)
    const { length } = await webhooks.list()
    if (length >= maxWebhooks) {
      const detail = `The registry has ${length} webhooks, and it may have ${maxWebhooks} (--max-webhooks).`
      throw new HttpProblem('QUOTA_EXCEEDED', detail)
    }
    const counts = await history.counts()
    const webhook = newWebhook(
      { url, filter, secret, isEnabled: enabled },
      {
        position: streamId(currentBranch(counts), counts.revision),
        atMs: Date.now(),
        by: sent.principal === UNRESTRICTED ? sent.ip : sent.principal.name,
      },
    )
    await webhooks.create(webhook)
    return sendJson(reply, JSON.stringify({ ...toWireWebhook(webhook), secret }))
  })

  route(app, 'listWebhooks', async (_sent, reply) =>
    sendJson(reply, JSON.stringify((await supported().list()).map(toWireWebhook))),
  )

  route(app, 'getWebhook', async (sent, reply) =>
    sendJson(reply, JSON.stringify(toWireWebhook(await find(idIn(sent))))),
  )

  route(app, 'changeWebhook', async (sent, reply) => {
    const id = idIn(sent)
    const { url, filter, secret, enabled } = patch.parse(sent.body)
    const webhooks = supported()
    if (url !== undefined) requireUrl(url, webhooks)
    const changed = await webhooks.change(id, {
      ...(url !== undefined && { url }),
      ...(filter !== undefined && { filter }),
      ...(secret !== undefined && { secret }),
      ...(enabled !== undefined && { isEnabled: enabled }),
    })
    if (changed === undefined) throw webhookNotFound(id)
    return sendJson(reply, JSON.stringify(toWireWebhook(changed)))
  })

  route(app, 'deleteWebhook', async (sent, reply) => {
    const id = idIn(sent)
    return sendJson(reply, JSON.stringify({ id, deleted: await supported().delete(id) }))
  })

  route(app, 'testWebhook', async (sent, reply) => {
    const webhook = await find(idIn(sent))
    const abandoned = new AbortController()
    reply.raw.once('close', () => abandoned.abort())
    const { status = null, error = null } = await supported().test(webhook, abandoned.signal)
    const accepted = error === null
    return sendJson(reply, JSON.stringify({ id: webhook.id, accepted, status, error }))
  })

  /** @throws HttpProblem `WEBHOOKS_UNSUPPORTED` */
  function supported(): Webhooks {
    if (options.webhooks) return options.webhooks
    const { remedy } = ERROR_CODES.WEBHOOKS_UNSUPPORTED
    throw new HttpProblem('WEBHOOKS_UNSUPPORTED', remedy)
  }

  /** @throws HttpProblem `WEBHOOK_NOT_FOUND` */
  async function find(id: string): Promise<Webhook> {
    const webhook = (await supported().list()).find((each) => each.id === id)
    if (webhook === undefined) throw webhookNotFound(id)
    return webhook
  }
}

/** @throws HttpProblem `VALIDATION_FAILED` */
function requireUrl(url: string, { guard }: Webhooks): void {
  const flaw = webhookUrlFlaw(url, guard)
  if (flaw !== undefined) throw validationFailed([{ pointer: '/url', message: flaw }])
}

function webhookNotFound(id: string): HttpProblem {
  const { remedy } = ERROR_CODES.WEBHOOK_NOT_FOUND
  return new HttpProblem('WEBHOOK_NOT_FOUND', `There is no webhook ${id}. ${remedy}`)
}
