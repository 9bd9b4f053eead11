/** Names of identity providers and certificates: at most as long as OpenID Connect allows, and harmless in logs. */
const NAME = /^[^\p{C}\p{Zl}\p{Zp}]{1,255}$/u

/** Whether a value can be the name of a principal. */
export function isIdentityName(value: unknown): value is string {
  return typeof value === 'string' && NAME.test(value)
}
