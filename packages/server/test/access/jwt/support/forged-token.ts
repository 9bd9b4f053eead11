import { createHmac } from 'node:crypto'

const encoded = (text: string) => Buffer.from(text).toString('base64url')

/** Builds a token from the text of its header and its claims, and how it is signed. */
export function forgedToken(
  header: string | object,
  claims: string | object,
  sign: (content: string) => string = () => '',
): string {
  const content = [header, claims]
    .map((part) => encoded(typeof part === 'string' ? part : JSON.stringify(part)))
    .join('.')
  return `${content}.${sign(content)}`
}

/** Signs with a shared secret, as HS256 does. */
export function hs256(secret: string): (content: string) => string {
  return (content) => createHmac('sha256', secret).update(content).digest('base64url')
}
