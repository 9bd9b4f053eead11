const AUTHORIZATION = /^(bearer|basic) +([\w.~+/-]+=*) *$/i

/**
 * Returns the token in an `Authorization` header: `Bearer TOKEN`, or `Basic` with the token as the password and any
 * user name. Undefined: there is none.
 */
export function tokenIn(header: string): string | undefined {
  const [, scheme = '', value = ''] = AUTHORIZATION.exec(header) ?? []
  if (scheme.toLowerCase() !== 'basic') return value || undefined
  const userAndPassword = Buffer.from(value, 'base64').toString()
  const colon = userAndPassword.indexOf(':')
  return colon === -1 ? undefined : userAndPassword.slice(colon + 1) || undefined
}
