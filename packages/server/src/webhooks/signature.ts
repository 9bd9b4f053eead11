import { createHmac, randomBytes } from 'node:crypto'

const PREFIX = 'whsec_'
const SECRET_BYTES = 32

/** Creates a secret with 256 random bits. */
export function newWebhookSecret(): string {
  return `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64')}`
}

/**
 * Returns the headers that identify and sign a message. The id is the same in all attempts, and the time is that of
 * this one, so that receivers can refuse messages that are replayed later.
 *
 * @param nowMs Unix time in milliseconds
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function signatureHeaders(
  message: { readonly id: string; readonly body: string; readonly secret: string },
  nowMs: number,
): Record<string, string> {
  const { id, body, secret } = message
  const timestamp = String(Math.floor(nowMs / 1000))
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  }
}
