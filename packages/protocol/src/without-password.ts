const HIDDEN = '***'

/** Names of parameters whose values are secret or identify the user. */
const SECRET_NAME = /user|pass|pwd|secret|token|key|credential|auth|signature/i

/**
 * Replaces every part of a URL or connection string that can hold a secret with `***`, for logs and
 * messages: user and password, parameters such as `password`, `sslpassword`, `token` and
 * `api_key`, and whatever follows an unencoded special character. When in doubt it hides too much.
 * Also accepts texts that quote a URL.
 */
export function withoutPassword(text: string): string {
  // Three slashes introduce a path: there is no user.
  if (/^sqlite:\/\/\/[^?#\s]*$/i.test(text)) return text
  // Parameters first: the last @ may be part of one.
  return withoutPairs(withoutAuthority(withoutParameters(text)))
}

function withoutParameters(text: string): string {
  return text.replace(/([?&;#])([^=&;#?\s]*)=([^&]*)/g, (part, separator: string, name: string) =>
    isSecret(name) ? `${separator}${name}=${HIDDEN}` : part,
  )
}

/** Hides everything between `//` and the last `@`, and anything in place of a port that is not one. */
function withoutAuthority(text: string): string {
  const at = text.lastIndexOf('@')
  if (at >= 0) {
    const scheme = /[a-z][a-z0-9+.-]*:\/+|^\s*[a-z][a-z0-9+.-]*:/i.exec(text.slice(0, at))
    const start = scheme ? scheme.index + scheme[0].length : 0
    return `${text.slice(0, start)}${HIDDEN}${text.slice(at)}`
  }
  // "mysql://user:password" without a host.
  return text.replace(/(:\/\/[^/?#:[\]\s]*):(?!\d{1,5}(?:[/?#,\s"']|$)).*/s, `$1:${HIDDEN}`)
}

/** Hides the rest of a text such as `host=db password=…`: passwords may hold spaces and quotes. */
function withoutPairs(text: string): string {
  return text.replace(
    /(^|[\s"'])(\w*(?:pass|pwd|secret|token|api_?key|credential)\w*\s*=\s*)(?!\*\*\*)\S.*/is,
    `$1$2${HIDDEN}`,
  )
}

/** Checks the decoded name: names may be percent-encoded, as values may. */
function isSecret(name: string): boolean {
  try {
    return SECRET_NAME.test(decodeURIComponent(name))
  } catch {
    return true
  }
}
